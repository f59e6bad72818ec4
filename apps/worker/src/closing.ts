import type { Conversation, KnownRecord, Step } from "./conversation.ts";
import { isRefusedForGood, noteRefusal } from "./head.ts";
import { ingest, reconcile } from "./reconciling.ts";
import type { Session } from "./session.ts";

/** The longest pause after a session that ended without having taken a post, in longest pauses after a failed call. */
const emptySessionPauses = 30;

/**
 * Reads what an agent wrote since the last poll, just before the customer's end: once it is over the server may give no
 * transcript of it. Tried once, for an end waits for nothing but its own call; tells whether the session is over already.
 */
export async function readLastWords(conversation: Conversation, session: Session): Promise<"open" | "over"> {
  const { chat } = conversation;
  const outcome = await conversation.effect((signal) => chat.refresh(session.handle, session.position, signal));
  if (!outcome.ok) return "open";
  ingest(conversation, session, { turn: outcome.value, isPoll: true });
  // Only a count of the whole tells then which of them are new.
  if (!session.isReconciled) await reconcile(conversation, session);
  return outcome.value.ended || session.isEnded ? "over" : "open";
}

/** Ends a session from the customer's side; `interrupted` when it must be tried again. */
export async function disconnect(conversation: Conversation, session: Session): Promise<"done" | "interrupted"> {
  const { chat } = conversation;
  const { bounds, clock } = conversation.desk.context;
  const outcome = await conversation.effect((signal) => chat.disconnect(session.handle, signal));
  if (outcome.ok || outcome.failure.verdict === "ended") return "done";
  // Not since a call was last answered: polls may be answered where ends are not.
  const sinceHeadMs = clock.monotonic() - conversation.head.at;
  if (outcome.failure.isUnknownSession === true && sinceHeadMs >= bounds.unknownSessionMs) return "done";
  conversation.attempts++;
  if (outcome.failure.verdict === "reject") noteRefusal(conversation, outcome.failure);
  if (isRefusedForGood(conversation)) return "done";
  conversation.backOff(outcome.failure);
  return "interrupted";
}

/**
 * After a session has ended and its transcript was read: everything it showed is settled and its last replies are at the
 * hub; only then is the conversation closed, or a new session made for what is left (A6, A15).
 */
export async function finishSession(
  conversation: Conversation,
  { session, record }: { session: Session; record: KnownRecord },
): Promise<Step> {
  const { desk, mailbox } = conversation;
  const { bounds } = desk.context;
  if ((await conversation.drainReplies()) === "interrupted") return "again";
  await desk.settler.flush(conversation.partition, conversation.id);
  if (conversation.isDropped) return "idle";
  conversation.previousChatId = session.handle.chatId;
  if (mailbox.size > 0) {
    conversation.session = null;
    if (session.shown === 0) {
      // It took nothing: the contact centre may be closed, and say so to the customer each time.
      conversation.attempts = Math.max(conversation.attempts, 1);
      conversation.backOff({}, emptySessionPauses * bounds.retry.maxMs);
    }
    return "again";
  }
  return close(conversation, record);
}

/** Closes a record without a session, once nothing of it is unsettled (A15). */
export async function closeConversation(conversation: Conversation, record: KnownRecord): Promise<Step> {
  await conversation.desk.settler.flush(conversation.partition, conversation.id);
  if (conversation.isDropped) return "idle";
  return close(conversation, record);
}

async function close(conversation: Conversation, record: KnownRecord): Promise<Step> {
  const { partitions, emit } = conversation.desk.context;
  const reply = await conversation.persist("close", () =>
    partitions.close(conversation.holding(), conversation.previousChatId),
  );
  if (reply.status === "pending") {
    // A message was given to this conversation meanwhile: it arrives, or is found, and opens a new session.
    conversation.session = null;
    record.seq = Math.max(record.seq, record.done + 1);
    return "again";
  }
  if (reply.status !== "closed") return conversation.refused("close", reply.status);
  emit({ type: "conversation-closed", ...conversation.of });
  conversation.forget();
  return "idle";
}
