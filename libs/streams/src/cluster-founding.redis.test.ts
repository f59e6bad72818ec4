import { parseConfig, systemClock, systemRandom } from "@dms/runtime";
import { type RedisServer, startRedis } from "@dms/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStores, schemaVersion } from "./stores.ts";

// What a process says that does not belong to the cluster in this Redis, and that it leaves it as it is.

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});

afterAll(() => server.close());

/** Starts on a cluster of 8 partitions as a process with this many. */
async function start(cluster: string, partitions: number): Promise<void> {
  const text = `redis: { url: "redis://127.0.0.1:${server.port}" }\ncluster: { name: ${cluster}, partitions: ${partitions} }`;
  const loaded = parseConfig(text, { env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const { config } = loaded;
  const stores = await openStores({ config, clock: systemClock, random: systemRandom, onNotice: () => undefined });
  stores.close();
}

test("the first process founds the cluster: schema and partitions stand in its key meta", async () => {
  await start("first", 8);
  expect(await server.client().hgetall("dms:{first}:meta")).toEqual({ schema: String(schemaVersion), partitions: "8" });
});

test("another number of partitions is refused, with the number to set, and nothing changes", async () => {
  await start("shares", 8);
  await expect(start("shares", 16)).rejects.toMatchObject({
    code: "DMS_CLUSTER_DIFFERS",
    message:
      "cluster shares was founded with 8 partitions, this process has 16: set cluster.partitions to 8, or choose another cluster.name",
  });
  expect(await server.client().keys("dms:{shares*")).toEqual(["dms:{shares}:meta"]);
});

test("another schema is refused, with the one to look for, and nothing changes", async () => {
  await server.client().hset("dms:{layout}:meta", { schema: "1", partitions: "8" });
  await expect(start("layout", 8)).rejects.toMatchObject({
    code: "DMS_CLUSTER_DIFFERS",
    message: `cluster layout was founded with schema 1, this process has schema ${schemaVersion}: start a release that has schema 1, or choose another cluster.name`,
  });
  expect(await server.client().hgetall("dms:{layout}:meta")).toEqual({ schema: "1", partitions: "8" });
});
