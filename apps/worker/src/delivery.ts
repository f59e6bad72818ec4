import type { Entry, InboundMessage } from "@dms/protocol";
import { readStoredMessage } from "@dms/protocol";
import { judgeSurplus, render, type Post } from "@dms/rules";
import { bury } from "./burying.ts";
import type { Conversation, Step } from "./conversation.ts";
import { Dropped } from "./dropped.ts";
import { finishHead, isRefusedForGood, noHead } from "./head.ts";
import { latencyOf } from "./latency.ts";
import { openSession } from "./opening.ts";
import { showPost } from "./posting.ts";
import { quicken, type Session } from "./session.ts";
import { disconnect, readLastWords } from "./closing.ts";
import { passOverSurplus } from "./missing.ts";

/** There may have been a session that ended, or never one. */
const unwantedReceipt =
  "a receipt came, there is no chat session, and receipts open none in this channel (receipts: never)";

/** Shows the head of the conversation and settles it, or comes to where something else must happen first. (I3) */
export function deliverHead(conversation: Conversation, head: Entry): Promise<Step> {
  conversation.beginHead(head.seq);
  const message = readStoredMessage(head.payload);
  if (message === null)
    return bury(conversation, head, { reason: "malformed", detail: "the stored message does not parse" });
  const rendering = render(message);
  if (rendering.kind === "typing") return showTyping(conversation, head, { message, isTyping: rendering.isTyping });
  if (rendering.kind === "ended") return endByCustomer(conversation, head, message);
  const shown = showMessage(conversation, head, { message, posts: rendering.posts });
  return isSuspect(conversation, head) ? shown.then((step) => survive(conversation, head, step)) : shown;
}

/** Whether the head has outlived an owner's death. (A17) */
export function isSuspect({ record }: Conversation, head: Entry): boolean {
  return record?.suspect === head.seq;
}

/** Typing is shown where a session is; it never opens one, is tried once, and is then done with. */
async function showTyping(
  conversation: Conversation,
  head: Entry,
  { message, isTyping }: { message: InboundMessage; isTyping: boolean },
): Promise<Step> {
  const { session } = conversation;
  if (session && !session.isEnded && session.surplus.length === 0) {
    await conversation.effect((signal) => conversation.chat.typing(session.handle, isTyping, signal));
  }
  return settleHead(conversation, head, { message, posts: 0 });
}

async function endByCustomer(conversation: Conversation, head: Entry, message: InboundMessage): Promise<Step> {
  const { session } = conversation;
  if (session && !session.isEnded) {
    const isOver = (await readLastWords(conversation, session)) === "over";
    // Nothing that was shown before an end is unaccounted for: what there is more are repetitions.
    passOverSurplus(conversation, session);
    if (!isOver && (await disconnect(conversation, session)) === "interrupted") return "again";
    if (!session.isEnded) session.isReconciled = false;
  }
  return settleHead(conversation, head, { message, posts: 0 });
}

async function showMessage(
  conversation: Conversation,
  head: Entry,
  { message, posts }: { message: InboundMessage; posts: Post[] },
): Promise<Step> {
  const { bounds } = conversation.desk.context;
  const postsLeft = posts.length - conversation.partsShown;
  // What the transcript shows in whole must not be buried, whatever its calls came to. (I1)
  const isShown = conversation.session !== null && conversation.session.surplus.length >= postsLeft;
  const mayBeHopeless = isSuspect(conversation, head) || isRefusedForGood(conversation);
  if (!isShown && mayBeHopeless && (await isHopeless(conversation, head)) === "buried") return "again";
  if (conversation.session === null) {
    if (message.type === "receipt" && !conversation.channel.areReceiptsShown) {
      return bury(conversation, head, { reason: "no-session", detail: unwantedReceipt });
    }
    await openSession(conversation, message);
    return "again";
  }
  const { session } = conversation;
  while (conversation.partsShown < posts.length) {
    const post = posts[conversation.partsShown];
    if (post === undefined) break;
    if (session.surplus.length > 0) {
      if (takeSurplus(conversation, session, post) === "repeated") continue;
    } else if (session.isEnded || !session.isReconciled) return "again";
    else if ((await showPost(conversation, session, post)) !== "shown") return "again";
    session.shown++;
    conversation.partsShown++;
    conversation.rejections = 0;
  }
  quicken(session, { now: conversation.desk.context.clock.monotonic(), activeMs: bounds.pollActiveMs });
  return settleHead(conversation, head, { message, posts: posts.length });
}

/** Takes the first surplus own post for this one, or finds that it is a repetition of an earlier one and passes it over. */
function takeSurplus(conversation: Conversation, session: Session, post: Post): "shown" | "repeated" {
  const { emit } = conversation.desk.context;
  const surplus = session.surplus.shift();
  if (surplus === undefined || judgeSurplus(surplus, post, session) === "shown") {
    emit({ type: "duplicate-suppressed", posts: 1, ...conversation.of });
    return "shown";
  }
  session.shown++;
  emit({ type: "duplicate-possible", reason: "executed-late", ...conversation.of });
  return "repeated";
}

/** What the head was, and how many posts show it; 0 where nothing is to be shown. */
interface Settled {
  message: InboundMessage;
  posts: number;
}

function emitSettled(conversation: Conversation, { seq, entryId }: Entry, { message, posts }: Settled): void {
  const { clock, emit } = conversation.desk.context;
  const { id: messageId, type: messageType } = message;
  const { of, head, session } = conversation;
  const times = latencyOf(Date.parse(message.sentAt), clock.wall());
  const deliveryMs = hundredths(clock.monotonic() - head.at);
  if (posts === 0) {
    return emit({ type: "message-noted", seq, messageId, messageType, ...times, deliveryMs, ...of });
  }
  emit({
    type: "message-shown",
    seq,
    messageId,
    messageType,
    entryId,
    chatId: session?.handle.chatId ?? "",
    posts,
    failures: head.failures,
    ...times,
    deliveryMs,
    ...of,
  });
}

/** A line in the log needs no more digits. */
function hundredths(ms: number): number {
  return Math.round(ms * 100) / 100;
}

/** Buries a head that is refused, or kills its workers, too often. What of it is in the transcript goes with it. */
async function isHopeless(conversation: Conversation, head: Entry): Promise<"buried" | "fine"> {
  const why = await reasonToBury(conversation, head);
  if (why === null) return "fine";
  const { session } = conversation;
  if (session) {
    session.shown += session.surplus.length;
    session.surplus = [];
  }
  await bury(conversation, head, why);
  return "buried";
}

async function reasonToBury(
  conversation: Conversation,
  head: Entry,
): Promise<{ reason: string; detail: string } | null> {
  const { bounds } = conversation.desk.context;
  const deliveries = await countDelivery(conversation, head);
  if (deliveries > bounds.deliveriesMax) {
    return { reason: "crashing", detail: `its worker died ${deliveries - 1} times` };
  }
  if (!isRefusedForGood(conversation)) return null;
  return { reason: "rejected", detail: `the chat server refuses this message: ${conversation.refusal}` };
}

/** Counts the delivery of a head that outlived an owner's death; 0 for any other. (A17) */
async function countDelivery(conversation: Conversation, head: Entry): Promise<number> {
  return isSuspect(conversation, head) ? mark(conversation, head, { isSurvived: false }) : 0;
}

/**
 * A try that came to nothing has not killed anybody: it is taken back, or a head that is tried for long, because its chat
 * server is down, would be buried for deaths that it had no part in.
 */
async function survive(conversation: Conversation, head: Entry, step: Step): Promise<Step> {
  const { record } = conversation;
  if (record === null || record.suspect !== head.seq || record.done >= head.seq) return step;
  await mark(conversation, head, { isSurvived: true });
  return step;
}

async function mark(conversation: Conversation, head: Entry, { isSurvived }: { isSurvived: boolean }): Promise<number> {
  const { partitions } = conversation.desk.context;
  const reply = await conversation.persist("start", () =>
    partitions.start(conversation.holding(), { seq: head.seq, isSurvived }),
  );
  if (reply.status !== "started") return conversation.refused("start", reply.status);
  return reply.deliveries;
}

/** The head is done with: counts move up, its entry goes. Told here: what is dropped is told by its next owner. */
function settleHead(conversation: Conversation, head: Entry, settled: Settled): Step {
  const { record, desk, mailbox, session } = conversation;
  if (record === null) return "again";
  // What was known of Redis is forgotten, and with it the right to say what is settled there. (A11)
  if (conversation.isDropped) throw new Dropped();
  finishHead(conversation, record, head.seq);
  if (session) session.settled = session.shown;
  record.seq = Math.max(record.seq, head.seq);
  mailbox.remove(head.seq);
  desk.countPending(-1);
  desk.settler.settle(conversation.partition, {
    conversation: conversation.id,
    grant: record.grant,
    done: record.done,
    session: conversation.counted(),
    entryIds: [head.entryId],
  });
  emitSettled(conversation, head, settled);
  conversation.head = noHead;
  return "again";
}
