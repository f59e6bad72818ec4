export type { Clock, Random } from "./ports/clock.ts";
export { failed, succeeded } from "./ports/outcome.ts";
export type { Failure, Outcome } from "./ports/outcome.ts";
export type { FetchedMessage, FileContent, Hub } from "./ports/hub.ts";
export type { Chat, ChatOpening, ChatTurn } from "./ports/chat.ts";
