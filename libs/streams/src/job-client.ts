import { Cluster, type Redis, type RedisOptions } from "ioredis";
import { baseOptions, type ClientOptions, hearEveryError, openWith, type RedisClient } from "./redis-client.ts";

type Options = Omit<RedisOptions, "replyMapping">;

/** Longer than the longest wait of a blocking command (BullMQ asks for 10 s), for a server that is frozen or cut off. */
const silenceMs = 15_000;

/**
 * Opens a connection for jobs, in every form of Redis. `asking` fails soon while there is no server; `working` waits for one
 * and sends again what was not answered, as BullMQ wants it: its steps are safe to run twice by their lock tokens.
 */
export function openJobClient(options: ClientOptions, purpose: "asking" | "working"): RedisClient | Cluster<"legacy"> {
  const { settings } = options;
  const { commandTimeout, ...others } = baseOptions(options, "commands");
  const base: Options = {
    ...others,
    connectionName: `${settings.clientName ?? "dms"}-jobs`,
    ...(purpose === "working" ? patient : commandTimeout === undefined ? {} : { commandTimeout }),
  };
  if (settings.mode !== "cluster") return openWith(options, base);
  const nodes = settings.nodes.map(({ host, port }) => ({ host, port }));
  const cluster = new Cluster<"legacy">(nodes, {
    // The ready check asks CLUSTER INFO, which our user has no right to.
    enableReadyCheck: false,
    enableOfflineQueue: purpose === "working",
    lazyConnect: true,
    slotsRefreshTimeout: settings.connectTimeoutMs,
    clusterRetryStrategy: (times) => Math.min(100 * times, 1000),
    redisOptions: base,
  });
  cluster.on("error", options.onFault);
  cluster.on("+node", (node: Redis) => hearEveryError(node as RedisClient));
  cluster.connect().catch(() => undefined);
  return cluster;
}

const patient: Options = {
  enableOfflineQueue: true,
  maxRetriesPerRequest: null,
  autoResendUnfulfilledCommands: true,
  socketTimeout: silenceMs,
};
