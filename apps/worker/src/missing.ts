import type { Conversation, KnownRecord, Step } from "./conversation.ts";

/** The head is not in hand: waits for it, and after a while looks where it is, so that nothing waits for ever (A18). */
export async function findMissing(conversation: Conversation, record: KnownRecord): Promise<Step> {
  const { desk } = conversation;
  const { clock, bounds, partitions, emit } = desk.context;
  const now = clock.monotonic();
  conversation.missingSince ??= now;
  const lookAt = conversation.missingSince + bounds.missingAfterMs;
  if (now < lookAt) {
    desk.wakeAt(conversation, Math.min(lookAt, now + (conversation.session?.pollMs ?? bounds.missingAfterMs)));
    return "idle";
  }
  conversation.missingSince = null;
  const seq = record.done + 1;
  await desk.settler.flush(conversation.partition, conversation.id);
  if (conversation.isDropped) return "idle";
  const reply = await conversation.persist("missing", () => partitions.missing(conversation.holding(), seq));
  if (reply.status === "stale" || reply.status === "gone") return conversation.refused("missing", reply.status);
  if (reply.status === "here") desk.lookAgain(conversation.partition, [reply.entryId]);
  if (reply.status === "buried") {
    record.done = seq;
    emit({ type: "message-buried", seq, reason: "missing", detail: "in no inbox", ...conversation.of });
    return "again";
  }
  desk.wakeAt(conversation, now + bounds.missingAfterMs);
  return "idle";
}
