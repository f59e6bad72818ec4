import type { History } from "./history.ts";
import { compareShown } from "./shown-comparison.ts";

/**
 * Milliseconds from a message's arrival at the hub to its last post in the chat, for messages shown since the instant
 * `since` (wall clock), ascending.
 */
export function showLatencies(history: History, since: number): number[] {
  const latencies: number[] = [];
  for (const conversation of history.conversations.values()) {
    if ((conversation.shown.at(-1)?.at ?? 0) < since) continue;
    const { comparison, messages } = compareShown(conversation);
    const shownAt = new Map<string, number>();
    for (const [wanted, index] of comparison.matched.toReversed()) {
      const message = messages[wanted];
      const at = conversation.shown[index]?.at ?? 0;
      if (at < since) break;
      if (message === undefined || shownAt.has(message.id)) continue;
      shownAt.set(message.id, at);
      latencies.push(at - message.receivedAt);
    }
  }
  return latencies.toSorted((one, other) => one - other);
}

/** The value below which `share` (0 to 1) of the ascending values lie; null without values. */
export function percentile(ascending: readonly number[], share: number): number | null {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? null;
}
