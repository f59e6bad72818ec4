import type { LogEvent, TestCluster } from "@dms/testkit";
import type { ReceivedSpan } from "./spans.ts";

export type Told = LogEvent & { app: string };

/** A message that lay in the inbox of a worker when that was evicted, and that another one has shown. */
export interface Redelivered {
  messageId: string;
  /** Wall clock, nanoseconds, as spans have it. */
  evictedAt: bigint;
}

/** What the members of a cluster tell from now on; grows. */
export function listenTo({ apps }: TestCluster): Told[] {
  const told: Told[] = [];
  for (const member of apps.values()) member.onEvent((event) => told.push({ ...event, app: member.name }));
  return told;
}

/**
 * Messages of conversations that `heir` took over from `dead`: stored before the eviction, by the dispatcher's span, never
 * shown by the dead one, and shown by the heir after it has taken over.
 */
export function redelivered(
  told: readonly Told[],
  spans: readonly ReceivedSpan[],
  { dead, heir }: { dead: string; heir: string },
): Redelivered[] {
  const isDead = (member: unknown): boolean => String(member).startsWith(`${dead}.`);
  const evictions = told.filter(({ event, member }) => event === "member-evicted" && isDead(member));
  const evictedAt = new Map(evictions.map((event) => [event["partition"], nanoseconds(event)]));
  const moves = told.filter(
    ({ event, app, from }) => event === "conversation-taken-over" && app === heir && isDead(from),
  );
  const takenOverAt = new Map(moves.map((event) => [event["conversation"], nanoseconds(event)]));
  const storedAt = new Map(
    spans
      .filter(({ name }) => name.startsWith("receive "))
      .map(({ attributes, endTimeUnixNano }) => [attributes["messaging.message.id"], BigInt(endTimeUnixNano)]),
  );
  const shownBy = (name: string) => told.filter(({ event, app }) => event === "message-shown" && app === name);
  const shownBefore = new Set(shownBy(dead).map(({ messageId }) => messageId));
  return shownBy(heir).flatMap((event) => {
    const { messageId, partition, conversation } = event as Told & { messageId: string };
    const [stored, evicted, moved] = [storedAt.get(messageId), evictedAt.get(partition), takenOverAt.get(conversation)];
    if (stored === undefined || evicted === undefined || moved === undefined) return [];
    const isMoved = stored < evicted && moved <= nanoseconds(event) && !shownBefore.has(messageId);
    return isMoved ? [{ messageId, evictedAt: evicted }] : [];
  });
}

function nanoseconds({ time }: LogEvent): bigint {
  return BigInt(Date.parse(String(time))) * 1_000_000n;
}
