import { afterAll, beforeAll, expect, test } from "vitest";
import { type RedisClusterSet, startRedisCluster } from "./redis-cluster.ts";

let cluster: RedisClusterSet;

beforeAll(async () => {
  cluster = await startRedisCluster();
});

afterAll(() => cluster.close());

test("three primaries share the slots, and each has a replica", async () => {
  const primaries = await cluster.primaries();
  expect(primaries).toHaveLength(3);
  for (const primary of primaries) expect(await cluster.replicasOf(primary)).toHaveLength(1);
});

test("a slot moves with its keys; halfway they are at both places", async () => {
  const look = cluster.look();
  const keys = ["a", "b", "c", "d"].map((name) => `{moved}${name}`);
  for (const key of keys) await look.set(key, "1");
  const from = await cluster.serverOf("{moved}");
  const to = (await cluster.primaries()).find((server) => server !== from);
  if (to === undefined) throw new Error("there are other primaries");
  const counts: unknown[] = [];
  const slot = await cluster.slotOf("{moved}");
  await cluster.moveSlot(slot, to, {
    halfway: async () => {
      for (const server of [from, to]) counts.push(await server.client().call("cluster", "countkeysinslot", slot));
    },
  });
  expect(counts).toEqual([2, 2]);
  expect(await cluster.serverOf("{moved}")).toBe(to);
  for (const key of keys) expect(await look.get(key)).toBe("1");
});

test("a planned fail-over and a killed primary each bring a replica up", async () => {
  const look = cluster.look();
  const first = await cluster.serverOf("key");
  await look.set("key", "1");
  const [replica] = await cluster.replicasOf(first);
  if (replica === undefined) throw new Error("each primary has a replica");
  await cluster.failOver(replica);
  expect(await cluster.serverOf("key")).toBe(replica);
  await cluster.awaitOk();
  await replica.kill();
  expect(await cluster.awaitFailOver(replica)).toBe(first);
  await expect.poll(() => look.get("key").catch(() => null), { timeout: 60_000 }).toBe("1");
});
