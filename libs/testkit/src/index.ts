export { freePort } from "./free-port.ts";
export { startRedis } from "./redis-server.ts";
export type { RedisOptions, RedisServer } from "./redis-server.ts";
