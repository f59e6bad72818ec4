import type { ConversationId } from "@dms/protocol";
import type { History } from "../history.ts";
import { percentile } from "../latencies.ts";
import { shownTimes } from "../shown-times.ts";
import type { Bounds } from "./due.ts";
import type { Finding } from "./finding.ts";

/** Conversations that somebody poisons, heats or slows down, and since when. */
export interface Disturbance {
  conversations: ReadonlySet<ConversationId>;
  since: number;
  until: number;
}

/** I13: while some conversations are disturbed, 99 of 100 messages of the others are in the chat in time. */
export function checkIsolation(
  history: History,
  { disturbance, bounds }: { disturbance: Disturbance; bounds: Bounds },
): Finding[] {
  const { conversations, since, until } = disturbance;
  if (conversations.size === 0) return [];
  const latencies = [...history.conversations.values()]
    .filter(({ conversation }) => !conversations.has(conversation))
    .flatMap((other) => [...shownTimes(other).values()])
    .filter(({ message }) => message.receivedAt >= since && message.receivedAt <= until)
    .map(({ message, at }) => at - message.receivedAt)
    .toSorted((one, other) => one - other);
  const slow = percentile(latencies, 0.99) ?? 0;
  if (slow <= bounds.isolationMsMax) return [];
  const detail = `99 of 100 messages of ${latencies.length} took up to ${slow} ms beside disturbed conversations`;
  return [{ invariant: "I13", kind: "not isolated", conversation: "", detail }];
}
