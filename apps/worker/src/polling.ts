import { retryPauseMs } from "@dms/rules";
import type { Conversation, Step } from "./conversation.ts";
import { ingest } from "./reconciling.ts";
import type { Session } from "./session.ts";
import { isOver } from "./unknown-session.ts";

/** A session in which nothing happens is looked at ever less often, up to the idle period. */
const slowdown = 1.5;

/** The application that this worker's channel names in user data, "" for none. */
export function appNameOf({ channel }: Conversation): string {
  return channel.userData["GCTI_DMS_AppName"] ?? "";
}

/**
 * After a change of owner the session's user data still names the former application. Not part of what is promised of
 * messages: it is tried once a poll until it succeeds, and holds nothing up.
 */
async function rename(conversation: Conversation, session: Session): Promise<void> {
  const { chat, parties, desk } = conversation;
  const appName = appNameOf(conversation);
  const userData = { GCTI_DMS_AppName: appName };
  const outcome = await conversation.effect((signal) => chat.update(session.handle, userData, signal));
  if (!outcome.ok) return;
  const { handle } = session;
  const reply = await conversation.persist("open", () =>
    desk.context.partitions.open(conversation.holding(), {
      previousChatId: handle.chatId,
      handle,
      parties,
      partsShown: 0,
      appName,
    }),
  );
  if (reply.status !== "opened") return conversation.refused("open", reply.status);
  session.appName = appName;
}

/** Asks for what is new in a session; this is also what keeps the session alive. */
export async function poll(conversation: Conversation, session: Session): Promise<Step> {
  const { chat } = conversation;
  const { bounds, random, clock } = conversation.desk.context;
  const outcome = await conversation.effect((signal) => chat.refresh(session.handle, session.position, signal));
  if (outcome.ok) {
    session.pollFailures = 0;
    const seen = session.agentSeen;
    ingest(conversation, session, { turn: outcome.value, isPoll: true });
    if (seen === session.agentSeen) session.pollMs = Math.min(bounds.pollIdleMs, Math.ceil(session.pollMs * slowdown));
    // What it says at its end is read once more from the beginning, so that nothing of it is missed.
    if (outcome.value.ended) session.isReconciled = false;
    else if (session.appName !== appNameOf(conversation)) await rename(conversation, session);
  } else {
    const { verdict, retryAfterMs } = outcome.failure;
    const isDoubted = isOver(conversation, session, outcome.failure) || verdict === "reject";
    session.pollFailures++;
    const chance = { fraction: random.fraction(), atLeastMs: retryAfterMs };
    let pauseMs = retryPauseMs(session.pollFailures, bounds.retry, chance);
    if (isDoubted) {
      // Whether the session is over is for a look at the whole to say. Where that is answered, the next poll fails alike.
      session.isReconciled = false;
      pauseMs = Math.max(pauseMs, session.pollMs * slowdown);
    }
    session.pollMs = Math.min(bounds.pollIdleMs, Math.ceil(pauseMs));
  }
  session.pollAt = Math.ceil(clock.monotonic() + session.pollMs);
  return "again";
}
