import type { RedisSettings } from "@dms/runtime";
import {
  freePort,
  type RedisServer,
  type SentinelSet,
  startRedis,
  startRedisCluster,
  startReplica,
  startSentinelSet,
} from "@dms/testkit";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startOutcome } from "./testing/start-outcome.ts";

// What an operator reads while a process waits for a Redis that was configured wrongly: one line with the remedy.

let server: RedisServer;
let replica: RedisServer;
let set: SentinelSet;

beforeAll(async () => {
  server = await startRedis({ args: ["--repl-diskless-sync-delay", "0"] });
  replica = await startReplica(server);
  await server.client().call("acl", "setuser", "dms", "on", ">right", "~*", "+@all");
  set = await startSentinelSet({ replicas: 0 });
}, 120_000);

afterAll(async () => {
  await set.close();
  await replica.close();
  await server.close();
});

const at = (port: number, settings: Partial<RedisSettings> = {}): RedisSettings => ({
  ...server.settings,
  nodes: [{ host: "127.0.0.1", port }],
  ...settings,
});

test("a wrong password: which user, and which options", async () => {
  const line = await startOutcome(at(server.port, { username: "dms", password: "wrong-hunter2" }));
  expect(line).toBe(
    `waiting for Redis: Redis at 127.0.0.1:${server.port} refuses user dms: correct redis.username and redis.password, or the server's ACL`,
  );
});

test("a server that asks for a password, and none is set", async () => {
  const locked = await startRedis({ args: ["--requirepass", "secret"] });
  expect(await startOutcome(at(locked.port))).toContain(
    "refuses user default: correct redis.username and redis.password",
  );
  await locked.close();
});

test("a user without the rights: the command that is missing", async () => {
  await server.client().call("acl", "setuser", "poor", "on", ">right", "~*", "-@all", "+info", "+client");
  const line = await startOutcome(at(server.port, { username: "poor", password: "right" }));
  expect(line).toMatch(/does not let user poor run ping: give it the rights of docs\/redis\.md/);
});

test("a port where nobody listens", async () => {
  const port = await freePort();
  expect(await startOutcome(at(port))).toContain(
    `Redis does not answer at 127.0.0.1:${port} (ECONNREFUSED): start it, or correct redis.nodes or redis.url`,
  );
});

test("a name that no sentinel knows", async () => {
  expect(await startOutcome({ ...set.settings, masterName: "mymaster" })).toMatch(
    /the sentinels at .* watch no group named mymaster: set redis\.master-name to the name in `sentinel monitor <name>/,
  );
});

test("sentinels that do not answer", async () => {
  const port = await freePort();
  expect(await startOutcome({ ...set.settings, nodes: [{ host: "127.0.0.1", port }] })).toContain(
    `no sentinel answers at 127.0.0.1:${port}: start them, or correct redis.nodes`,
  );
});

test("sentinels with a password of their own", async () => {
  const locked = await startSentinelSet({ replicas: 0, sentinels: 1, password: "secret" });
  expect(await startOutcome({ ...locked.settings, sentinelPassword: "wrong" })).toMatch(
    /the sentinels at \S+ refuse us: set redis\.sentinel-username and redis\.sentinel-password/,
  );
  expect(await startOutcome(locked.settings)).toBe("open");
  await locked.close();
}, 120_000);

test("mode cluster towards a server that is none, and the other way round", async () => {
  expect(await startOutcome(at(server.port, { mode: "cluster" }))).toMatch(
    /is no Redis Cluster: set redis\.mode to single, sentinel or replicated/,
  );
  const cluster = await startRedisCluster({ primaries: 1, replicasEach: 0 });
  const [node] = cluster.servers;
  expect(await startOutcome(at(node?.port ?? 0))).toContain("is part of a Redis Cluster: set redis.mode to cluster");
  await cluster.close();
}, 120_000);

test("a replica in the place of the primary, alone or among nodes that are all replicas", async () => {
  expect(await startOutcome(at(replica.port))).toMatch(/is a replica and takes no writes: name the primary/);
  expect(await startOutcome(at(replica.port, { mode: "replicated" }))).toMatch(/is a replica and takes no writes/);
});

test("a server that would evict ends the start, in a Redis Cluster also when only one node would", async () => {
  const evicting = await startRedis({ args: ["--maxmemory-policy", "allkeys-lru"] });
  await expect(startOutcome(at(evicting.port))).rejects.toMatchObject({ code: "DMS_REDIS_EVICTS", retryable: false });
  await evicting.close();
  const cluster = await startRedisCluster({ primaries: 3, replicasEach: 0 });
  await cluster.servers[2]?.client().config("SET", "maxmemory-policy", "volatile-lru");
  await expect(startOutcome(cluster.settings)).rejects.toMatchObject({ code: "DMS_REDIS_EVICTS" });
  await cluster.close();
}, 120_000);

test("a durability that the servers cannot give is said at the start", async () => {
  const line = "durability wants 2 replicas, 1 are linked: nothing is confirmed until they are";
  expect(await startOutcome(server.settings, { replicas: 2 })).toBe(line);
  await server.client().config("SET", "appendonly", "yes");
  await server.client().config("SET", "appendfsync", "always");
  expect(await startOutcome(server.settings, "fsync")).toContain(
    "not a fail-over to a replica: use durability replicas",
  );
});

test.for<[string, string, RegExp]>([
  ["no", "always", /needs `appendonly yes` on the Redis server; it has no/],
  ["yes", "everysec", /needs `appendfsync always` on the Redis server; it has everysec/],
])("fsync with appendonly %s and appendfsync %s ends the start", async ([appendonly, appendfsync, said]) => {
  await server.client().config("SET", "appendonly", appendonly);
  await server.client().config("SET", "appendfsync", appendfsync);
  await expect(startOutcome(server.settings, "fsync")).rejects.toMatchObject({
    code: "DMS_REDIS_NOT_FSYNC",
    retryable: false,
    message: expect.stringMatching(said),
  });
});

test("fewer replicas than a majority are said at the start: a fail-over may promote the one that lacks a message", async () => {
  const second = await startRedis({ args: ["--replicaof", "127.0.0.1", String(server.port)] });
  const linked = async () => String(await server.client().info("replication"));
  await vi.waitFor(async () => expect(await linked()).toContain("connected_slaves:2"), { timeout: 60_000 });
  expect(await startOutcome(server.settings, { replicas: 1 })).toContain("replicas: 1 of 2 is no majority");
  expect(await startOutcome(server.settings, { replicas: 2 })).not.toContain("majority");
  await second.close();
}, 120_000);
