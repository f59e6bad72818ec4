import type { ChatEvent } from "@dms/protocol";
import {
  countTranscript,
  extraPosts,
  hasRepeats,
  isAgentMessage,
  lostOfAgents,
  nextPosition,
  retryPauseMs,
  type ChatTurn,
  type Failure,
} from "@dms/rules";
import type { Conversation, KnownRecord, Step } from "./conversation.ts";
import { quicken, type Session } from "./session.ts";
import { isOver, noteKnown } from "./unknown-session.ts";

/** Position that asks for the whole transcript. */
const wholeTranscript = 1;

/** How often a session that waits for its turn asks again by itself; its turn wakes it sooner. */
const turnLookMs = 2000;

/** Reads the session anew: at once where a customer's message waits, else when one of a few places for that is free. */
export async function look(
  conversation: Conversation,
  { session, record }: { session: Session; record: KnownRecord },
): Promise<Step> {
  const { desk, id, mailbox } = conversation;
  const { idleLooks, clock } = desk.context;
  const isWaitedFor = mailbox.size > 0 || record.seq > record.done;
  if (!isWaitedFor && !idleLooks.enter(id, () => conversation.wake())) {
    desk.wakeAt(conversation, clock.monotonic() + turnLookMs);
    return "idle";
  }
  try {
    return await reconcile(conversation, session);
  } finally {
    idleLooks.leave(id);
  }
}

/**
 * Compares the transcript with the record and learns which posts were shown (A2, A3). Waits first until an effect of
 * unknown outcome, ours or a former owner's, can no longer be executed.
 */
export async function reconcile(conversation: Conversation, session: Session): Promise<Step> {
  const { clock } = conversation.desk.context;
  await conversation.pause(conversation.unknownUntil - clock.monotonic());
  if (clock.monotonic() < conversation.unknownUntil) return "again";
  const { chat } = conversation;
  const outcome = await conversation.effect((signal) => chat.refresh(session.handle, wholeTranscript, signal));
  if (outcome.ok) compare(conversation, session, outcome.value);
  else await accountForFailure(conversation, session, outcome.failure);
  return "again";
}

function compare(conversation: Conversation, session: Session, turn: ChatTurn): void {
  const { ownPosts, agentMessages } = countTranscript(turn.events);
  const own = ownPosts.length;
  session.handle = turn.handle;
  session.position = nextPosition(turn.nextPosition, turn.events, wholeTranscript);
  session.lost = Math.max(session.lost, session.shown - own);
  const extra = extraPosts(own + session.lost, session.shown);
  session.surplus = ownPosts.slice(own - extra);
  // What was lost may have come back: then a surplus post is an earlier message's, and only its text can tell. (I1)
  session.haveRepeats = extra > 0 && (session.lost > 0 || hasRepeats(ownPosts));
  // What a restored transcript has lost of its end keeps its ordinals; what is written after it has the next ones. (I8)
  const agentLost = lostOfAgents(agentMessages, conversation.agentKnown);
  session.agentSeen = agentMessages.length + agentLost;
  session.isReconciled = true;
  session.isDoubtful = false;
  session.pollFailures = 0;
  session.refusals = 0;
  noteKnown(session);
  session.pollAt = Math.ceil(conversation.desk.context.clock.monotonic() + session.pollMs);
  if (agentMessages.length > 0) offerAll(conversation, session, { agentMessages, agentLost });
  conversation.desk.context.emit({
    type: "conversation-reconciled",
    extra,
    own,
    shown: session.shown,
    ...conversation.of,
  });
  if (turn.ended) markEnded(conversation, session, true);
}

function offerAll(
  { replies, desk }: Conversation,
  session: Session,
  { agentMessages, agentLost }: { agentMessages: ChatEvent[]; agentLost: number },
): void {
  const { offered } = replies;
  replies.offerAll(agentMessages, agentLost);
  const { clock, bounds } = desk.context;
  if (replies.offered > offered) quicken(session, { now: clock.monotonic(), activeMs: bounds.pollActiveMs });
}

async function accountForFailure(conversation: Conversation, session: Session, failure: Failure): Promise<void> {
  const { random, bounds } = conversation.desk.context;
  if (failure.verdict === "reject" && failure.isUnknownSession !== true) session.refusals++;
  if (isOver(conversation, session, failure) || session.refusals > bounds.rejectionsMax) {
    // Nobody can tell any more what the last post came to: show again what was not settled, and say so.
    session.isReconciled = true;
    session.surplus = [];
    await giveUp(conversation, session, failure);
    markEnded(conversation, session, false);
    return;
  }
  session.pollFailures++;
  // Who backs off takes nobody's turn: the next session may be at a server that answers.
  conversation.desk.context.idleLooks.leave(conversation.id);
  const chance = { fraction: random.fraction(), atLeastMs: failure.retryAfterMs };
  await conversation.pause(retryPauseMs(session.pollFailures, bounds.retry, chance));
}

/** A session that answers but no longer serves may still have its agent: it is told once that nobody is there. (I7) */
async function giveUp(conversation: Conversation, session: Session, failure: Failure): Promise<void> {
  if (failure.verdict === "ended" && !failure.code.startsWith("status-")) return;
  const { chat } = conversation;
  await conversation.effect((signal) => chat.disconnect(session.handle, signal));
}

export function markEnded(conversation: Conversation, session: Session, isReadable: boolean): void {
  const { emit } = conversation.desk.context;
  session.isEnded = true;
  session.isReadable = isReadable;
  // What was refused in it may be taken in the next one.
  if (conversation.rejections > 0) conversation.refusedSessions++;
  conversation.rejections = 0;
  emit({ type: "session-ended", chatId: session.handle.chatId, isReadable, ...conversation.of });
  if (!isReadable && session.isDoubtful) {
    emit({ type: "duplicate-possible", reason: "transcript-unreadable", ...conversation.of });
  }
}

/**
 * Takes in what a call brought along: the handle as it is now, what agents wrote, where to read on. An answer to a poll
 * is complete from the position asked for; an answer to another call counts only where it goes on exactly there, for an
 * agent's message that is passed over would never be sent.
 */
export function ingest(
  conversation: Conversation,
  session: Session,
  { turn, isPoll }: { turn: ChatTurn; isPoll: boolean },
): void {
  const { emit, bounds, clock } = conversation.desk.context;
  const isMoved = session.handle.alias !== "" && turn.handle.alias !== session.handle.alias;
  session.handle = turn.handle;
  noteKnown(session);
  if (isMoved || (turn.nextPosition > 0 && turn.nextPosition < session.position)) {
    // Another server has it now, or it was renumbered: positions mean nothing, only a count of the whole does.
    emit({ type: "transcript-renumbered", chatId: session.handle.chatId, ...conversation.of });
    session.isReconciled = false;
    return;
  }
  const fresh = turn.events.filter((event) => (event.index ?? session.position) >= session.position);
  if (!isPoll && fresh[0]?.index !== session.position) return;
  const next = nextPosition(isPoll ? turn.nextPosition : 0, fresh, session.position);
  if (fresh.some((event) => isAgentMessage(event) && (event.index ?? next) >= next)) {
    // The next answer may bring it again, and nothing in it would tell: only a count of the whole knows it. (I8)
    if (isPoll) session.isReconciled = false;
    return;
  }
  session.position = next;
  // An answer that goes on exactly there is as good as a poll.
  const now = clock.monotonic();
  session.pollAt = Math.ceil(now + session.pollMs);
  for (const event of fresh) {
    if (isAgentMessage(event)) {
      conversation.replies.offer({ ordinal: ++session.agentSeen, event });
      quicken(session, { now, activeMs: bounds.pollActiveMs });
    } else if (event.from.type === "Agent" && event.type.startsWith("Typing")) {
      conversation.replies.showTyping(event.type);
    }
  }
}
