import { z } from "zod";
import { map } from "./kinds.ts";
import { option } from "./option.ts";
import type { CamelCased } from "./camel-case.ts";
import type { Filter } from "../log/filter-spec.ts";
import type { RedisSettings } from "./redis-settings.ts";
import { channelSection } from "./sections/channel.ts";
import { chatSection } from "./sections/chat.ts";
import { clusterSection } from "./sections/cluster.ts";
import { jobsSection } from "./sections/jobs.ts";
import { logFilterKeys, logFilterSection, logSection } from "./sections/log.ts";
import type { LogLevel } from "./sections/log.ts";
import { chatMockSection, hubMockSection } from "./sections/mocks.ts";
import { dispatcherSection, httpSection, workerSection } from "./sections/processes.ts";
import { redisSection } from "./sections/redis.ts";
import { settingsSection } from "./sections/settings.ts";
import { tracingSection } from "./sections/tracing.ts";

/** Every section of the file but the channels, each with what it is for. */
export const configSchema = z.object({
  settings: settingsSection.meta({ description: "What the process is." }),
  redis: redisSection.meta({ description: "Where Redis is; not together with `settings.redis-client-config`." }),
  cluster: clusterSection.meta({ description: "The cluster's name, time and safety; the same in all its processes." }),
  chat: chatSection.meta({ description: "The chat servers; read by `single` and `worker`." }),
  worker: workerSection.meta({ description: "Bounds of `single` and `worker`." }),
  dispatcher: dispatcherSection.meta({ description: "Bounds of `single` and `dispatcher`." }),
  jobs: jobsSection.meta({ description: "Jobs of `single` and `dispatcher`: dead letters given back or deleted." }),
  http: httpSection.meta({ description: "The HTTP port of the process." }),
  log: logSection.meta({ description: "How the log is written." }),
  "log-filter": logFilterSection.meta({ description: "What the log shows of user data and of texts." }),
  "log-filter-data": option(map(logFilterKeys), {}, "Treatment of single keys of user data, over `log-filter`."),
  tracing: tracingSection.meta({ description: "Where traces of messages go; off by default." }),
  "hub-mock": hubMockSection.meta({ description: "The stand-in for the hub." }),
  "chat-mock": chatMockSection.meta({ description: "The stand-in for the chat server." }),
});

type Written = CamelCased<z.output<typeof configSchema>>;
type WrittenChannel = CamelCased<z.output<typeof channelSection>>;

/** One channel's configuration, its defaults filled in. */
export type ChannelConfig = Omit<WrittenChannel, "hub"> & {
  hub: Omit<WrittenChannel["hub"], "channelId" | "tokenUrl"> & { channelId: string; tokenUrl: string };
};

/** The whole configuration, checked, every default filled in; secrets included, so never log it: `printConfig` does. */
export type Config = Omit<Written, "redis" | "log"> & {
  redis: RedisSettings;
  log: Omit<Written["log"], "level" | "verbose"> & { level: LogLevel };
  /** What `log-filter.logging-filter-spec` holds, compiled. */
  logFilters: readonly Filter[];
  /** By the `<name>` of its section `channel-<name>`. */
  channels: Record<string, ChannelConfig>;
};

export { channelSection };
