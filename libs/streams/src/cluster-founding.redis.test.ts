import { parseConfig, systemClock, systemRandom } from "@dms/runtime";
import { type RedisServer, startRedis } from "@dms/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { schemaVersion } from "./founding.ts";
import { openStores, type Stores } from "./stores.ts";
import { card, w1 } from "./testing/cast.ts";

// What a process says that does not belong to the cluster in this Redis, and that it leaves it as it is.

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});

afterAll(() => server.close());

/** What a process with so many partitions has of a cluster once it has started. */
async function opened(cluster: string, partitions: number): Promise<Stores> {
  const text = `redis: { url: "redis://127.0.0.1:${server.port}" }\ncluster: { name: ${cluster}, partitions: ${partitions} }`;
  const loaded = parseConfig(text, { env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const { config } = loaded;
  return openStores({ config, clock: systemClock, random: systemRandom, onNotice: () => undefined });
}

async function start(cluster: string, partitions: number): Promise<void> {
  (await opened(cluster, partitions)).close();
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

test("a member that joins a Redis that was emptied founds the cluster again, before anybody else can do it otherwise", async () => {
  const stores = await opened("emptied", 8);
  try {
    await server.client().flushall();
    expect(await stores.registry.join(card(w1))).toEqual({ status: "joined" });
    await expect(start("emptied", 4)).rejects.toMatchObject({ code: "DMS_CLUSTER_DIFFERS" });
  } finally {
    stores.close();
  }
});

test("a member does not join a cluster that was founded otherwise meanwhile, and changes nothing there", async () => {
  const stores = await opened("taken", 8);
  try {
    await server.client().flushall();
    await start("taken", 4);
    await expect(stores.registry.join(card(w1))).rejects.toMatchObject({
      code: "DMS_CLUSTER_DIFFERS",
      message:
        "cluster taken was founded with 4 partitions, this process has 8: set cluster.partitions to 4, or choose another cluster.name",
      retryable: false,
    });
    expect(await server.client().keys("dms:{taken*")).toEqual(["dms:{taken}:meta"]);
  } finally {
    stores.close();
  }
});
