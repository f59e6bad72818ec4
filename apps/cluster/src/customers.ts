import { readFileSync } from "node:fs";
import type { TestCluster } from "@dms/testkit";
import type { ClusterOptions } from "./options.ts";

const channel = "whatsapp";

/** Lets customers write: made-up ones, or those of a file. `round` makes the traffic after a hub's restart another one. */
export async function startCustomers(
  cluster: TestCluster,
  options: Pick<ClusterOptions, "rate" | "conversations" | "seed" | "replayFile">,
  round: number,
): Promise<void> {
  const seed = options.seed + round;
  if (options.replayFile === null) {
    const { rate, conversations } = options;
    await cluster.hub.startTraffic({ channel, rate, conversations, seed });
    return;
  }
  const conversations = readConversations(options.replayFile);
  // All of them write side by side, so each must pause the longer, the more there are.
  const meanPauseMs = (conversations.length / options.rate) * 1000;
  await cluster.hub.startReplay({ channel, conversations, pauseMs: { min: 0, max: 2 * meanPauseMs }, seed });
}

/** One conversation a line. Throws with the line's number when one is no JSON. */
export function readConversations(file: string): unknown[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line, index): unknown[] => {
      if (line.trim() === "") return [];
      try {
        return [JSON.parse(line)];
      } catch (cause) {
        throw new Error(`${file}:${index + 1}: this line is no JSON`, { cause });
      }
    });
}
