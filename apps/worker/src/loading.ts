import { parseTakeover } from "@dms/protocol";
import type { Conversation, KnownRecord, Step } from "./conversation.ts";
import { newSession } from "./session.ts";

/**
 * Reads the record and its grant, durable before anything is done under them (A7), and waits until the former owner's
 * last effects can no longer arrive.
 */
export async function loadRecord(conversation: Conversation): Promise<Step> {
  const { desk } = conversation;
  const { emit, bounds } = desk.context;
  // An earlier holder in this process may still have an effect under way.
  await desk.context.tails.get(conversation.id);
  // A settle under way would change the record after it was read.
  await desk.settler.flush(conversation.partition, conversation.id);
  conversation.loads++;
  const reply = await conversation.persist("load", () => desk.load(conversation.partition, conversation.id));
  if (reply.record === undefined) return conversation.refused("load", reply.status);
  const {
    life,
    grant,
    done,
    seq,
    suspect,
    deliveries,
    handle,
    parties,
    shown,
    answered,
    pending,
    appName,
    partsShown,
  } = reply.record;
  const holdMs = Math.min(reply.record.holdMs, bounds.holdMsMax);
  emit({ type: "conversation-loaded", hasSession: handle !== null, holdMs, ...conversation.of });
  if (handle !== null && holdMs > 0) {
    const { clock } = desk.context;
    conversation.unknownUntil = Math.max(conversation.unknownUntil, clock.monotonic() + holdMs);
  }
  noteTakeover(conversation, { grant, seq, waiting: seq - done, hasSession: handle !== null, holdMs });
  // Before its first move both are the same; one copy is enough.
  conversation.record = { life: life === grant ? grant : life, grant, done, seq, suspect, deliveries };
  conversation.parties = parties;
  conversation.session =
    handle && newSession(handle, { shown, appName, pollMs: bounds.pollActiveMs, now: desk.context.clock.monotonic() });
  // A former owner may have shown what is not settled.
  if (conversation.session) conversation.session.isDoubtful = seq > done;
  conversation.previousChatId = "";
  // What former sessions showed of the head; the transcript tells how much of it the present one did.
  conversation.partsShown = partsShown;
  conversation.mailbox.restack(conversation.loads);
  if (handle) conversation.beginReplies(handle.chatId, { answered, pending });
  return "again";
}

/** Tells of a change of owner once, where its takeover entry is in hand; the first answered call then ends the gap. */
function noteTakeover(
  conversation: Conversation,
  facts: { grant: string; seq: number; waiting: number; hasSession: boolean; holdMs: number },
): void {
  const entry = conversation.mailbox.takeover(facts.grant);
  if (entry === undefined) return;
  const { clock, emit } = conversation.desk.context;
  const { cause, from, sinceEndMs: reassignMs } = parseTakeover(entry.payload);
  conversation.takeover = { cause, at: clock.monotonic() - (reassignMs ?? 0) };
  emit({ type: "conversation-taken-over", from, cause, reassignMs, ...facts, ...conversation.of });
}

/** Compares what arrived with the record: `again` when the record must be read once more, for another life or grant. */
export function sortArrivals(conversation: Conversation, record: KnownRecord): Step {
  const { desk, mailbox, partition } = conversation;
  const sorted = mailbox.sort(record, conversation.loads);
  desk.countPending(-sorted.forward.length - sorted.delete.length - sorted.repeated);
  if (sorted.forward.length > 0) {
    desk.lookAgain(
      partition,
      sorted.forward.map((entry) => entry.entryId),
    );
  }
  if (sorted.delete.length > 0) {
    desk.settler.settle(partition, {
      conversation: conversation.id,
      grant: record.grant,
      done: record.done,
      session: conversation.counted(),
      entryIds: sorted.delete.map((entry) => entry.entryId),
    });
  }
  if (!sorted.needsLoad) return "idle";
  conversation.record = null;
  return "again";
}
