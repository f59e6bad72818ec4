import type { Media } from "@dms/protocol";
import {
  describeFile,
  mayBeExecutedUntil,
  retryPauseMs,
  type ChatTurn,
  type Failure,
  type FileContent,
  type Outcome,
  type Post,
} from "@dms/rules";
import type { Conversation } from "./conversation.ts";
import { ingest } from "./reconciling.ts";
import type { Session } from "./session.ts";

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
  const { chat } = conversation.desk.context;
  return conversation.effect((signal) =>
    chat.send(session.handle, { text, messageType, position: session.position }, signal),
  );
}

function accountForTurn(conversation: Conversation, session: Session, turn: ChatTurn): "shown" | "unsure" {
  if (turn.ended) {
    // Accepted, or only told that all is over? The transcript says.
    session.handle = turn.handle;
    session.isReconciled = false;
    return "unsure";
  }
  conversation.attempts = 0;
  ingest(conversation, session, { turn, isPoll: false });
  return "shown";
}

async function accountForFailure(conversation: Conversation, session: Session, failure: Failure): Promise<void> {
  const { random, bounds, emit } = conversation.desk.context;
  conversation.attempts++;
  emit({
    type: "post-failed",
    seq: (conversation.record?.done ?? 0) + 1,
    code: failure.code,
    detail: failure.detail,
    attempt: conversation.attempts,
    ...conversation.of,
  });
  if (failure.verdict === "reject") conversation.rejections++;
  if (failure.executed === "unknown") {
    session.isReconciled = false;
    const begun = { startedAt: conversation.lastEffectAt, effectMs: bounds.effectMs };
    const lateUntil = mayBeExecutedUntil(failure, begun);
    conversation.unknownUntil = Math.max(conversation.unknownUntil, lateUntil);
  }
  if (failure.verdict === "ended") session.isReconciled = false;
  const isCertain = failure.executed === "no" && failure.verdict !== "ended";
  if (!isCertain) return;
  const chance = { fraction: random.fraction(), atLeastMs: failure.retryAfterMs };
  await conversation.pause(retryPauseMs(conversation.attempts, bounds.retry, chance));
}

/** A file goes from the hub to the chat server; where either refuses it, a line of text stands in its place. */
async function sendFile(
  conversation: Conversation,
  session: Session,
  media: Media,
): Promise<Outcome<ChatTurn> | "unsure"> {
  const content = await download(conversation, media);
  if (content === "unsure") return "unsure";
  if (content === null) {
    return send(conversation, session, { text: describeFile(media, "not available"), messageType: "file" });
  }
  const { chat } = conversation.desk.context;
  const outcome = await conversation.effect((signal) => chat.upload(session.handle, content, signal));
  const isRefused = !outcome.ok && outcome.failure.verdict === "reject" && outcome.failure.executed === "no";
  if (!isRefused) return outcome;
  return send(conversation, session, { text: describeFile(media, "refused by the chat server"), messageType: "file" });
}

/** The file's bytes; null when the hub has no such file. */
async function download(conversation: Conversation, media: Media): Promise<FileContent | null | "unsure"> {
  const { random, bounds } = conversation.desk.context;
  const outcome = await conversation.effect((signal) => conversation.channel.hub.download(media, signal));
  if (outcome.ok) return { ...outcome.value, name: media.name ?? outcome.value.name };
  if (outcome.failure.verdict === "reject") return null;
  conversation.attempts++;
  const chance = { fraction: random.fraction(), atLeastMs: outcome.failure.retryAfterMs };
  await conversation.pause(retryPauseMs(conversation.attempts, bounds.retry, chance));
  return "unsure";
}
