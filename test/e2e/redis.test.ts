import { expect, test } from "vitest";
import { harmLasts, play, quickAgents } from "./scenario.ts";

const durable = { ...quickAgents, cluster: { durability: "fsync" } };

test.each([1000, 6000])(
  "Redis is killed and comes back after %i ms: nothing is lost, nothing is shown twice",
  async (downMs) => {
    await play({
      cluster: { workers: 2, dispatchers: 2, redis: { appendOnly: "always" }, config: durable },
      harm: async ({ cluster, shown, flow }) => {
        await cluster.redis?.kill();
        await harmLasts(downMs);
        await cluster.redis?.start();
        await flow(120);
        await shown.event("redis-reset");
        for (const name of ["worker-1", "worker-2", "dispatcher-1"]) expect(cluster.app(name).isRunning).toBe(true);
      },
    });
  },
);

test("Redis is killed three times in a row under load", async () => {
  await play({
    cluster: { workers: 2, dispatchers: 1, redis: { appendOnly: "always" }, config: durable },
    harm: async ({ cluster, flow }) => {
      for (let i = 0; i < 3; i++) {
        await cluster.redis?.kill();
        await cluster.redis?.start();
        await flow(30);
      }
    },
  });
});
