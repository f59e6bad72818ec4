export { checkShape, parseBody, refusal } from "./answer.ts";
export { openDeadline } from "./deadline.ts";
export { createDispatcher } from "./dispatcher.ts";
export type { Dispatcher } from "undici";
export { exchange } from "./exchange.ts";
export type { Answer, ExchangeRequest } from "./exchange.ts";
export { watchCall } from "./outside-call.ts";
export type { CallWatch, OutsideCall } from "./outside-call.ts";
