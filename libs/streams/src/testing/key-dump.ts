import type { Redis } from "ioredis";

/** All that a server holds, by key; equal dumps mean that nothing observable changed. */
export type KeyDump = Record<string, unknown>;

async function readKey(client: Redis<"legacy">, key: string): Promise<unknown> {
  switch (await client.type(key)) {
    case "hash":
      return client.hgetall(key);
    case "list":
      return client.lrange(key, 0, -1);
    case "set":
      return (await client.smembers(key)).toSorted();
    case "zset":
      return client.call("zrange", key, "0", "-1", "WITHSCORES");
    case "stream":
      return client.xrange(key, "-", "+");
    default:
      return client.get(key);
  }
}

/** Reads every key of a server; for tests with few of them. */
export async function dumpKeys(client: Redis<"legacy">): Promise<KeyDump> {
  const keys = (await client.keys("*")).toSorted();
  const values = await Promise.all(keys.map((key) => readKey(client, key)));
  return Object.fromEntries(keys.map((key, index) => [key, values[index]]));
}
