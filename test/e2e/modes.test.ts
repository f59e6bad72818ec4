import { expect, test } from "vitest";
import { play } from "./scenario.ts";

test("several channels in one cluster: each conversation stays in its channel", async () => {
  const { history } = await play({
    cluster: { workers: 2, dispatchers: 2, channels: ["whatsapp", "sms", "apple"] },
    harm: async ({ cluster, flow }) => {
      for (const channel of ["sms", "apple"]) {
        await cluster.hub.startTraffic({ channel, rate: 15, conversations: 8, seed: 3 });
      }
      await flow(150);
    },
  });
  const channels = new Set([...history.conversations.keys()].map((id) => String(id).split(":")[0]));
  expect(channels).toEqual(new Set(["whatsapp", "sms", "apple"]));
});

test("single mode: one process does both, drains and leaves what it holds to the next", async () => {
  await play({
    cluster: { workers: 0, dispatchers: 0, singles: 1 },
    harm: async ({ cluster, flow }) => {
      const exit = await cluster.app("single-1").stop();
      expect(exit).toMatchObject({ code: 0 });
      await cluster.addSingle();
      await flow(60);
    },
  });
});
