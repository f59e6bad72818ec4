import type { ConnectionOptions } from "node:tls";
import type { RedisSettings } from "@dms/runtime";
import { Cluster, Redis, type RedisOptions } from "ioredis";
import { rotatingConnector } from "./rotating-connector.ts";

export type RedisClient = Redis<"legacy"> | Cluster<"legacy">;

/**
 * What a connection is for: `commands` (never waits long), `durable` (WAIT stops everything behind it), `blocking`
 * (XREAD BLOCK does likewise).
 */
export type Purpose = "commands" | "durable" | "blocking";

const reconnectMsMax = 500;

/** TLS as node wants it; null without TLS. */
function tlsOptions(settings: RedisSettings): ConnectionOptions | null {
  const { tls } = settings;
  if (tls === undefined) return null;
  return {
    minVersion: "TLSv1.2",
    rejectUnauthorized: tls.verifyCertificate,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    ...(tls.verifyHost ? {} : { checkServerIdentity: () => undefined }),
  };
}

function baseOptions(settings: RedisSettings, purpose: Purpose): Omit<RedisOptions, "replyMapping"> {
  const tls = tlsOptions(settings);
  return {
    connectTimeout: settings.connectTimeoutMs,
    connectionName: `${settings.clientName ?? "dms"}-${purpose}`,
    // A command whose socket died may have run: the caller knows what to do, ioredis does not.
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), reconnectMsMax),
    // A demoted primary answers READONLY: look for the new one.
    reconnectOnError: (error) => (error.message.startsWith("READONLY") ? 1 : false),
    ...(purpose === "blocking" ? {} : { commandTimeout: settings.commandTimeoutMs }),
    ...(settings.username === undefined ? {} : { username: settings.username }),
    ...(settings.password === undefined ? {} : { password: settings.password }),
    ...(settings.mode === "cluster" ? {} : { db: settings.database }),
    ...(tls === null ? {} : { tls }),
  };
}

function sentinelOptions(settings: RedisSettings): Omit<RedisOptions, "replyMapping"> {
  const tls = tlsOptions(settings);
  return {
    sentinels: settings.nodes.map(({ host, port }) => ({ host, port })),
    name: settings.masterName ?? "mymaster",
    sentinelRetryStrategy: () => 200,
    ...(settings.sentinelUsername === undefined ? {} : { sentinelUsername: settings.sentinelUsername }),
    ...(settings.sentinelPassword === undefined ? {} : { sentinelPassword: settings.sentinelPassword }),
    ...(tls === null ? {} : { sentinelTLS: tls, enableTLSForSentinelMode: true }),
  };
}

/** Opens a connection for one purpose, in whichever form Redis is run. It connects, and reconnects for ever, by itself. */
export function openClient(settings: RedisSettings, purpose: Purpose): RedisClient {
  const options = baseOptions(settings, purpose);
  const client = makeClient(settings, options);
  // Losing a connection is an expected event, and ioredis wants a listener; `RedisWire` reports it.
  client.on("error", () => undefined);
  return client;
}

function makeClient(settings: RedisSettings, options: Omit<RedisOptions, "replyMapping">): RedisClient {
  if (settings.mode === "cluster") {
    const nodes = settings.nodes.map(({ host, port }) => ({ host, port }));
    return new Cluster<"legacy">(nodes, {
      redisOptions: options,
      enableOfflineQueue: false,
      slotsRefreshTimeout: settings.connectTimeoutMs,
      clusterRetryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), reconnectMsMax),
    });
  }
  if (settings.mode === "sentinel") return new Redis<"legacy">({ ...options, ...sentinelOptions(settings) });
  const [first] = settings.nodes;
  if (settings.mode === "single") return new Redis<"legacy">({ ...options, ...first });
  const Connector = rotatingConnector({ nodes: settings.nodes, tls: tlsOptions(settings) });
  return new Redis<"legacy">({ ...options, Connector } as Omit<RedisOptions, "replyMapping">);
}
