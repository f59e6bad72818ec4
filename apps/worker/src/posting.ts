import type { Media } from "@dms/protocol";
import {
  describeFile,
  mayBeExecutedUntil,
  type ChatTurn,
  type Failure,
  type FileContent,
  type Outcome,
  type Post,
} from "@dms/rules";
import type { Conversation } from "./conversation.ts";
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
  const content = await download(conversation, media);
  if (content === "unsure") return "unsure";
  if (content === null) return instead("not available");
  const { chat } = conversation;
  const outcome = await conversation.effect((signal) => chat.upload(session.handle, content, signal));
  const isRefused = !outcome.ok && outcome.failure.verdict === "reject" && outcome.failure.executed === "no";
  return isRefused ? instead("refused by the chat server") : outcome;
}

/** The file's bytes; null when the hub has no such file. */
async function download(conversation: Conversation, media: Media): Promise<FileContent | null | "unsure"> {
  const outcome = await conversation.effect((signal) => conversation.channel.hub.download(media, signal));
  if (outcome.ok) return { ...outcome.value, name: media.name ?? outcome.value.name };
  if (outcome.failure.verdict === "reject") return null;
  noteFailure(conversation, outcome.failure, outcome.failure.detail);
  conversation.backOff(outcome.failure);
  return "unsure";
}
