import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeKeys } from "@dms/streams";
import { makeAuthority, type RedisClusterSet, type RedisServer, startRedisCluster } from "@dms/testkit";
import { expect, test } from "vitest";
import { harmLasts } from "../e2e/scenario.ts";
import { gapAfter, playOn } from "./forms.ts";

// Whole clusters on a Redis Cluster of three primaries, each with a replica.

const durable = { cluster: { durability: { replicas: 1 } } };
const keys = makeKeys("dms");

/** Kills the primary of a key, waits for its replica, and starts it again as a replica. */
async function lose(cluster: RedisClusterSet, key: string): Promise<void> {
  const former = await cluster.serverOf(key);
  await former.kill();
  await cluster.awaitFailOver(former);
  await former.start();
}

async function anotherPrimary(cluster: RedisClusterSet, than: RedisServer): Promise<RedisServer> {
  const other = (await cluster.primaries()).find((server) => server !== than);
  if (other === undefined) throw new Error("there are several primaries");
  return other;
}

test("the node of some partitions is lost, then the registry's: each costs time only", async () => {
  const cluster = await startRedisCluster();
  await playOn(cluster, {
    config: durable,
    harm: async (stage) => {
      const registry = await cluster.serverOf(keys.registry);
      const partitions = [...Array(8).keys()].map((partition) => keys.partition(partition));
      const homes = await Promise.all(partitions.map((key) => cluster.serverOf(key)));
      const elsewhere = partitions.find((_, index) => homes[index] !== registry) ?? partitions[0] ?? "";
      await gapAfter(stage, "Redis Cluster, a node of partitions killed", () => lose(cluster, elsewhere));
      await cluster.awaitOk();
      await gapAfter(stage, "Redis Cluster, the registry's node killed", () => lose(cluster, keys.registry));
    },
  });
});

test("slots of three partitions and of the registry are moved under load, key by key", async () => {
  const cluster = await startRedisCluster();
  await playOn(cluster, {
    config: durable,
    harm: async (stage) => {
      for (const key of [keys.partition(0), keys.partition(3), keys.registry, keys.partition(5)]) {
        const to = await anotherPrimary(cluster, await cluster.serverOf(key));
        // Nothing new is fetched meanwhile: a batch is taken by all partitions or not yet.
        const move = { halfway: () => harmLasts(500) };
        await gapAfter(stage, `Redis Cluster, the slot of ${key} moved`, async () =>
          cluster.moveSlot(await cluster.slotOf(key), to, move),
        );
        expect(await cluster.serverOf(key)).toBe(to);
      }
    },
  });
});

test("TLS with client certificates, the user of dms.acl, and a planned fail-over, all at once", async () => {
  const dir = mkdtempSync(join(tmpdir(), "dms-forms-"));
  const authority = makeAuthority(dir);
  const tls = { ca: authority.ca, ...authority.issue("server"), client: authority.issue("client") };
  const file = fileURLToPath(new URL("../../deploy/redis/dms.acl", import.meta.url));
  const [, name = "", ...rules] = readFileSync(file, "utf8").trim().split(" ");
  const cluster = await startRedisCluster({ server: { tls } });
  for (const server of cluster.servers) await server.client().call("acl", "setuser", name, ...rules);
  const refused = async (): Promise<unknown[]> => {
    const logs = await Promise.all(cluster.servers.map((server) => server.client().call("acl", "log")));
    return logs.flat();
  };
  await playOn(cluster, {
    config: { ...durable, redis: { username: "dms", password: "change-this-password" } },
    harm: async (stage) => {
      const former = await cluster.serverOf(keys.partition(0));
      const [replica] = await cluster.replicasOf(former);
      if (replica === undefined) throw new Error("each primary has a replica");
      await gapAfter(stage, "Redis Cluster, planned fail-over", () => cluster.failOver(replica));
      expect(await refused()).toEqual([]);
    },
  });
  rmSync(dir, { recursive: true, force: true });
});
