export { systemClock } from "./clock.ts";
export { DmsError, invariant, messageOf } from "./errors.ts";
export { systemRandom } from "./random.ts";
export type { Clock, Random } from "@dms/rules";
export type { Service } from "./service.ts";
