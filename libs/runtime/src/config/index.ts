export type { ChannelConfig, Config } from "./schema.ts";
export type { RedisSettings, RedisTls } from "./redis-settings.ts";
export type { LogLevel } from "./sections/log.ts";
export type { Durability } from "./sections/cluster.ts";
