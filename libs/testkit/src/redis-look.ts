import type { RedisSettings } from "@dms/runtime";
import { Cluster, Redis } from "ioredis";

/** A connection for looking inside a Redis from outside, past the cluster's own code. */
export type RedisLook = Redis<"legacy"> | Cluster<"legacy">;

/** A look that stayed with a frozen primary would see the past when it wakes up. */
const patience = { maxRetriesPerRequest: 0, commandTimeout: 2000, socketTimeout: 2100, retryStrategy: () => 200 };

/** TLS of a look: the authority is checked, the name is not. */
export function tlsOf({ tls }: RedisSettings) {
  if (tls === undefined) return {};
  const { ca, cert, key } = tls;
  return {
    tls: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), checkServerIdentity: () => undefined },
  };
}

/**
 * Opens a look with the rights of `settings`. It reconnects by itself; every command throws while Redis does not answer.
 */
export function openLook(settings: RedisSettings): RedisLook {
  const look = makeLook(settings);
  look.on("error", () => undefined);
  return look;
}

function makeLook(settings: RedisSettings): RedisLook {
  const { mode, nodes, username, password, masterName } = settings;
  const rights = { ...(username && { username }), ...(password && { password }) };
  const options = { ...patience, ...rights, ...tlsOf(settings), connectionName: "looking-inside" };
  if (mode === "cluster") {
    const clusterRetryStrategy = (): number => 200;
    const refresh = { slotsRefreshTimeout: 2000, slotsRefreshInterval: 1000, clusterRetryStrategy };
    return new Cluster<"legacy">([...nodes], { redisOptions: options, ...refresh });
  }
  if (mode !== "sentinel") return new Redis<"legacy">({ ...options, ...nodes[0] });
  const sentinelTls = "tls" in options ? { sentinelTLS: options.tls, enableTLSForSentinelMode: true } : {};
  return new Redis<"legacy">({
    ...options,
    ...sentinelTls,
    sentinels: [...nodes],
    name: masterName ?? "dms",
    sentinelRetryStrategy: () => 200,
  });
}

/** The same for one server that is named by its URL. */
export function lookAt(url: string): RedisLook {
  const look = new Redis<"legacy">(url, { ...patience, connectionName: "looking-inside" });
  look.on("error", () => undefined);
  return look;
}

/** The servers that hold keys: scanning all of them finds every key once. */
export function serversOf(look: RedisLook): Redis<"legacy">[] {
  return look instanceof Cluster ? (look.nodes("master") as Redis<"legacy">[]) : [look];
}

/** Every key that fits, once. */
export async function* keysLike(look: RedisLook, pattern: string): AsyncGenerator<string> {
  for (const server of serversOf(look)) {
    let cursor = "0";
    do {
      const [next, keys] = await server.scan(cursor, "MATCH", pattern, "COUNT", 1000);
      yield* keys;
      cursor = next;
    } while (cursor !== "0");
  }
}
