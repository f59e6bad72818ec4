import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { cutOff, promote, type RedisServer, startReplicaSet } from "@dms/testkit";
import { test } from "vitest";
import { play, quickAgents } from "../e2e/scenario.ts";
import { gapAfter, playOn, replicated } from "./forms.ts";

// Redis loses the last of its writes. With replicas and fsync that costs time.

test("replicas: 1, a replica is cut off, the primary dies and the other one is promoted: the tail cost time", async () => {
  const servers = await startReplicaSet(2);
  const [primary, behind, acknowledging] = servers;
  if (!primary || !behind || !acknowledging) throw new Error("a set has servers");
  await playOn(
    replicated(servers, () => acknowledging),
    {
      config: { cluster: { durability: { replicas: 1 } } },
      harm: async (stage) => {
        await cutOff(behind);
        await stage.flow(100);
        const tail = stage.cluster.deeds.begin({ kind: "lost-tail", target: "redis", name: "redis" });
        await gapAfter(stage, "replicated, the acknowledging replica promoted at once", async () => {
          await primary.kill();
          await promote(acknowledging, servers);
        });
        stage.cluster.deeds.end(tail);
      },
    },
  );
});

test("fsync: a killed server whose last record was torn comes back with all that it had answered", async () => {
  await play({
    cluster: {
      workers: 2,
      dispatchers: 1,
      redis: { appendOnly: "always" },
      config: { ...quickAgents, cluster: { durability: "fsync" } },
    },
    harm: async ({ cluster, flow }) => {
      const { redis } = cluster;
      if (redis === undefined) throw new Error("this cluster has a server of its own");
      for (let turn = 0; turn < 2; turn++) {
        await redis.kill();
        tear(redis);
        await redis.start();
        await flow(60);
      }
    },
  });
});

/** Leaves the beginning of one more command at the end of the append-only file, as a crash in the middle of a write does. */
function tear(redis: RedisServer): void {
  const dir = join(redis.dir, "appendonlydir");
  const [last] = readdirSync(dir)
    .filter((name) => name.endsWith(".incr.aof"))
    .toSorted()
    .toReversed();
  if (last === undefined) throw new Error("there is no append-only file");
  appendFileSync(join(dir, last), "*3\r\n$3\r\nSET\r\n$4\r\nto");
}
