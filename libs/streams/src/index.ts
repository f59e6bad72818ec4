export { makeInboxReader } from "./inbox-reader.ts";
export { makeKeys } from "./keys.ts";
export type { Keys } from "./keys.ts";
export { makePartitions } from "./partition-store.ts";
export { RedisWire } from "./redis-wire.ts";
export type { WireOptions } from "./redis-wire.ts";
export { makeRegistry } from "./registry-store.ts";
export type { StoreOptions } from "./registry-store.ts";
