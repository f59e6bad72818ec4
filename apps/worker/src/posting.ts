import type { Media } from "@dms/protocol";
import { describeFile, mayBeExecutedUntil, type ChatTurn, type Failure, type Outcome, type Post } from "@dms/rules";
import type { Conversation } from "./conversation.ts";
import { passFile, type Passed } from "./file-passage.ts";
import { roomLookMs } from "./file-room.ts";
import { noteFailure, noteRefusal } from "./head.ts";
import { ingest } from "./reconciling.ts";
import type { Session } from "./session.ts";
import { isOver } from "./unknown-session.ts";

/**
 * Puts one post into the chat. `shown` is certain; `unsure` means that the lane must look at the session (reconcile, a new
 * one, or give way to a hand-off) before this post is tried again or counted.
 */
export async function showPost(conversation: Conversation, session: Session, post: Post): Promise<"shown" | "unsure"> {
  const outcome =
    post.kind === "text"
      ? await send(conversation, session, { text: post.text, messageType: post.messageType })
      : await sendFile(conversation, session, post.media);
  if (outcome === "unsure") return "unsure";
  if (outcome.ok) return accountForTurn(conversation, session, outcome.value);
  await accountForFailure(conversation, session, outcome.failure);
  return "unsure";
}

function send(
  conversation: Conversation,
  session: Session,
  { text, messageType }: { text: string; messageType: string },
): Promise<Outcome<ChatTurn>> {
  const { chat } = conversation;
  return conversation.effect((signal) =>
    chat.send(session.handle, { text, messageType, position: session.position }, signal),
  );
}

function accountForTurn(conversation: Conversation, session: Session, turn: ChatTurn): "shown" | "unsure" {
  if (turn.ended) {
    // The server may give the last words only here. Was the post accepted? The transcript says.
    ingest(conversation, session, { turn, isPoll: false });
    session.isReconciled = false;
    session.isDoubtful = true;
    conversation.attempts++;
    backOffFromEnd(conversation, {});
    return "unsure";
  }
  conversation.attempts = 0;
  ingest(conversation, session, { turn, isPoll: false });
  return "shown";
}

async function accountForFailure(conversation: Conversation, session: Session, failure: Failure): Promise<void> {
  const { bounds, clock } = conversation.desk.context;
  noteFailure(conversation, failure, failure.detail);
  if (failure.verdict === "reject") {
    noteRefusal(conversation, failure);
    // Some servers refuse whatever is asked of a session that is over: a look tells whether it was the post.
    session.isReconciled = false;
  }
  if (failure.executed === "unknown") {
    session.isReconciled = false;
    session.isDoubtful = true;
    const begun = { startedAt: conversation.lastEffectAt, now: clock.monotonic() };
    const lateUntil = Math.ceil(mayBeExecutedUntil(failure, { ...bounds, ...begun }));
    conversation.unknownUntil = Math.max(conversation.unknownUntil, lateUntil);
  }
  if (!isOver(conversation, session, failure)) return conversation.backOff(failure);
  session.isReconciled = false;
  backOffFromEnd(conversation, failure);
}

/**
 * A session that is said to be over is looked at, and replaced, at once; not again and again, where its transcript says
 * otherwise or the next one is over as soon.
 */
function backOffFromEnd(conversation: Conversation, failure: { retryAfterMs?: number }): void {
  if (conversation.attempts > 1) conversation.backOff(failure);
}

/** A file goes from the hub to the chat server; where either refuses it, a line of text stands in its place. */
async function sendFile(
  conversation: Conversation,
  session: Session,
  media: Media,
): Promise<Outcome<ChatTurn> | "unsure"> {
  const instead = (why: string) => send(conversation, session, { text: describeFile(media, why), messageType: "file" });
  // Refused before, by an answer after which only the transcript could tell whether it stands there.
  if (conversation.rejections > 0) return instead("refused by the chat server");
  const passed = await carry(conversation, session, media);
  if (passed.at === "full") return "unsure";
  if (passed.at === "target") {
    const { outcome } = passed;
    const isRefused = !outcome.ok && outcome.failure.verdict === "reject" && outcome.failure.executed === "no";
    return isRefused ? instead("refused by the chat server") : outcome;
  }
  if (passed.failure.verdict === "reject") return instead("not available");
  noteFailure(conversation, passed.failure, passed.failure.detail);
  conversation.backOff(passed.failure);
  return "unsure";
}

/** Carries a file over; where there is no room for it now, its head is tried again when there may be, and all else goes on. */
async function carry(conversation: Conversation, session: Session, media: Media): Promise<Passed<ChatTurn>> {
  const { chat, channel, desk } = conversation;
  let lookAt: number | null = null;
  const wake = (): void => {
    if (conversation.retryAt !== lookAt) return;
    conversation.retryAt = 0;
    conversation.wake();
  };
  const traveller = { id: conversation.id, bytes: media.bytes, wake };
  const passed = await passFile<ChatTurn>(desk.context.files, traveller, {
    take: (bytesMax) => conversation.effect((signal) => channel.hub.download(media, signal, bytesMax)),
    give: (file) => {
      const named = { ...file, name: media.name ?? file.name };
      return conversation.effect((signal) => chat.upload(session.handle, named, signal));
    },
  });
  if (passed.at === "full") {
    lookAt = Math.ceil(desk.context.clock.monotonic() + roomLookMs);
    conversation.retryAt = lookAt;
  }
  return passed;
}
