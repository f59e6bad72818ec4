import { readStoredMessage } from "@dms/protocol";
import { postsOfMissing, render } from "@dms/rules";
import type { Conversation, KnownRecord, Step } from "./conversation.ts";
import { finishHead } from "./head.ts";
import type { Session } from "./session.ts";

/** How often a head that waits for others to be looked for asks again by itself; its turn wakes it sooner. */
const turnLookMs = 1000;

/** The head is not in hand: waits for it, and after a while looks where it is, so that nothing waits for ever (A18). */
export async function findMissing(conversation: Conversation, record: KnownRecord): Promise<Step> {
  const { desk } = conversation;
  const { clock, bounds, searches } = desk.context;
  const now = clock.monotonic();
  conversation.missingSince ??= now;
  const lookAt = conversation.missingSince + bounds.missingAfterMs;
  if (now < lookAt) {
    desk.wakeAt(conversation, Math.min(lookAt, conversation.session?.pollAt ?? lookAt));
    return "idle";
  }
  // A look reads whole inboxes. Where many conversations wait for what is only not read yet, all their looks at once would
  // keep Redis from those who read.
  if (!searches.enter(conversation.id, () => conversation.wake())) {
    const askAt = now + turnLookMs;
    desk.wakeAt(conversation, Math.min(askAt, conversation.session?.pollAt ?? askAt));
    return "idle";
  }
  try {
    return await look(conversation, record, now);
  } finally {
    searches.leave(conversation.id);
  }
}

async function look(conversation: Conversation, record: KnownRecord, now: number): Promise<Step> {
  const { desk } = conversation;
  const { clock, bounds, partitions, emit } = desk.context;
  conversation.missingSince = null;
  const seq = record.done + 1;
  await desk.settler.flush(conversation.partition, conversation.id);
  if (conversation.isDropped) return "idle";
  const own = postsOf(conversation, record, seq);
  const count = { ...conversation.counted(), shown: (conversation.session?.shown ?? 0) + own.posts };
  const reply = await conversation.persist("missing", () => partitions.missing(conversation.holding(), seq, count));
  if (reply.status === "stale" || reply.status === "gone") return conversation.refused("missing", reply.status);
  if (reply.status === "here") desk.lookAgain(conversation.partition, [reply.entryId]);
  if (reply.status === "early" && record.seq === record.done) return passOver(conversation);
  if (reply.status === "settled" || reply.status === "early") {
    // A settle of an earlier holder arrived after the record was read, or the server has lost what was read: what was
    // counted against it counts no more.
    conversation.record = null;
    conversation.session = null;
    return "again";
  }
  if (reply.status === "buried") {
    finishHead(conversation, record, seq);
    accountForPosts(conversation, own);
    const unknown = { messageId: "", sentAt: clock.wall(), latencyMs: 0, deliveryMs: 0 };
    emit({ type: "message-buried", seq, reason: "missing", detail: "in no inbox", ...unknown, ...conversation.of });
    return "again";
  }
  desk.wakeAt(conversation, conversation.session?.pollAt ?? now + bounds.missingAfterMs);
  return "idle";
}

/**
 * Nothing was given that surplus posts could be of: late repetitions, or a message that Redis lost and the hub gives again.
 * A session that lives waits for it; one that ended waited long enough, and must not be kept for ever.
 */
function passOver(conversation: Conversation): Step {
  const { session, desk } = conversation;
  if (session === null || !session.isEnded) {
    const { clock, bounds } = desk.context;
    desk.wakeAt(conversation, session?.pollAt ?? clock.monotonic() + bounds.missingAfterMs);
    return "idle";
  }
  passOverSurplus(conversation, session);
  return "again";
}

/** Own posts that are no message's that will come: shown twice, and done with. */
export function passOverSurplus({ desk, of }: Conversation, session: Session): void {
  for (const _ of session.surplus) desk.context.emit({ type: "duplicate-possible", reason: "executed-late", ...of });
  session.shown += session.surplus.length;
  session.surplus = [];
}

/** Posts of a message that is nowhere; not certain where the next message, which may be shown too, is not in hand. */
interface OwnPosts {
  posts: number;
  isCertain: boolean;
}

/** How many of the surplus posts are of the head that is nowhere: posts are made in order, so they are the first. (A4) */
function postsOf({ session, mailbox }: Conversation, record: KnownRecord, seq: number): OwnPosts {
  if (session === null || session.surplus.length === 0) return { posts: 0, isCertain: true };
  for (let next = seq + 1; ; next++) {
    const entry = mailbox.at(next);
    if (entry === undefined && next <= record.seq) return { posts: 1, isCertain: false };
    // Where nothing else was given, nothing else was shown.
    if (entry === undefined) return { posts: postsOfMissing(session.surplus, null), isCertain: true };
    const message = readStoredMessage(entry.payload);
    const rendering = message === null ? null : render(message);
    if (rendering?.kind !== "posts") continue;
    return { posts: postsOfMissing(session.surplus, rendering.posts[0] ?? null), isCertain: true };
  }
}

function accountForPosts(conversation: Conversation, { posts, isCertain }: OwnPosts): void {
  const { session } = conversation;
  if (session === null || posts === 0) return;
  session.surplus.splice(0, posts);
  session.shown += posts;
  session.settled = session.shown;
  // What is left may be of it too: then the text must tell.
  if (!isCertain) session.haveRepeats = true;
}
