import type { ConversationId } from "@dms/protocol";
import type { History } from "@dms/testkit";
import { expect, test } from "vitest";
import { percentile, play, report } from "./scenario.ts";

function busiest({ conversations }: History): ConversationId[] {
  const all = [...conversations.values()].toSorted((one, other) => other.inbound.length - one.inbound.length);
  return all.slice(0, 1).map(({ conversation }) => conversation);
}

test("a hot conversation of 500 messages beside quiet ones: the quiet ones do not notice", async () => {
  let quiet: number[] = [];
  await play({
    cluster: { workers: 2, dispatchers: 1 },
    traffic: { rate: 20, hotConversation: { messages: 500, rate: 400 } },
    disturbed: busiest,
    harm: async ({ shown, flow }) => {
      await flow(600);
      const byConversation = Map.groupBy(shown.rows, ({ conversation }) => conversation);
      const [hot] = [...byConversation.values()].toSorted((a, b) => b.length - a.length);
      expect(hot?.length).toBeGreaterThanOrEqual(300);
      quiet = shown.rows
        .filter(({ conversation }) => conversation !== hot?.[0]?.conversation)
        .map(({ latencyMs }) => latencyMs);
    },
  });
  report("latency of quiet conversations beside a hot one", quiet);
  expect(percentile(quiet, 0.5)).toBeLessThan(1000);
});
