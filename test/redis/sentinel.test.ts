import { awaitReplicas, startSentinelSet } from "@dms/testkit";
import { expect, test } from "vitest";
import { harmLasts } from "../e2e/scenario.ts";
import { gapAfter, playOn } from "./forms.ts";

// Whole clusters on a primary with two replicas and three sentinels.

const durable = (replicas: number) => ({ cluster: { durability: { replicas } } });

test("replicas: 1, the primary is killed and comes back as a replica: nothing is lost, nothing is shown twice", async () => {
  const set = await startSentinelSet();
  await playOn(set, {
    config: durable(1),
    harm: async (stage) => {
      const former = await set.primary();
      await gapAfter(stage, "Sentinel, primary killed", async () => {
        await former.kill();
        expect(await set.awaitFailOver(former)).not.toBe(former);
      });
      await former.start();
      await stage.flow(30);
    },
  });
});

test("replicas: 1, the primary freezes past its replacement and wakes up: nothing it still takes is believed", async () => {
  const set = await startSentinelSet();
  await playOn(set, {
    config: durable(1),
    harm: async (stage) => {
      const former = await set.primary();
      await gapAfter(stage, "Sentinel, primary frozen", async () => {
        former.freeze();
        await set.awaitFailOver(former);
      });
      former.thaw();
      await stage.flow(60);
    },
  });
});

test("replicas: 2, two planned fail-overs in a row under load", async () => {
  const set = await startSentinelSet();
  await playOn(set, {
    config: durable(2),
    harm: async (stage) => {
      for (let turn = 1; turn <= 2; turn++) {
        await gapAfter(stage, "Sentinel, planned fail-over", () => set.failOver());
        await awaitReplicas(await set.primary(), 2);
        await harmLasts(1000);
      }
    },
  });
});
