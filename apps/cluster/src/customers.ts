import type { TestCluster } from "@dms/testkit";
import type { ClusterOptions } from "./options.ts";
import type { WrittenConversation } from "./replay-file.ts";

const channel = "whatsapp";

/** What customers write: `written` conversations, or made-up ones where that is null. */
export type Writing = Pick<ClusterOptions, "rate" | "conversations" | "seed"> & {
  written: readonly WrittenConversation[] | null;
};

/** Lets customers write. `round` makes the traffic after a hub's restart another one. */
export async function startCustomers(cluster: TestCluster, writing: Writing, round: number): Promise<void> {
  const { rate, conversations, written } = writing;
  const seed = writing.seed + round;
  if (written === null) {
    await cluster.hub.startTraffic({ channel, rate, conversations, seed });
    return;
  }
  // All of them write side by side, so each must pause the longer, the more there are.
  const meanPauseMs = (written.length / rate) * 1000;
  await cluster.hub.startReplay({
    channel,
    conversations: [...written],
    pauseMs: { min: 0, max: 2 * meanPauseMs },
    seed,
  });
}
