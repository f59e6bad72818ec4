import { retryPauseMs } from "@dms/rules";
import type { Conversation, Step } from "./conversation.ts";
import { ingest } from "./reconciling.ts";
import type { Session } from "./session.ts";

/** A session in which nothing happens is looked at ever less often, up to the idle period. */
const slowdown = 1.5;

/** Asks for what is new in a session; this is also what keeps the session alive. */
export async function poll(conversation: Conversation, session: Session): Promise<Step> {
  const { chat } = conversation;
  const { bounds, random, clock } = conversation.desk.context;
  const outcome = await conversation.effect((signal) => chat.refresh(session.handle, session.position, signal));
  if (outcome.ok) {
    session.pollFailures = 0;
    const seen = session.agentSeen;
    ingest(conversation, session, { turn: outcome.value, isPoll: true });
    if (seen === session.agentSeen) session.pollMs = Math.min(bounds.pollIdleMs, session.pollMs * slowdown);
    // What it says at its end is read once more from the beginning, so that nothing of it is missed.
    if (outcome.value.ended) session.isReconciled = false;
  } else {
    if (outcome.failure.verdict === "ended") session.isReconciled = false;
    session.pollFailures++;
    const chance = { fraction: random.fraction(), atLeastMs: outcome.failure.retryAfterMs };
    session.pollMs = Math.min(bounds.pollIdleMs, retryPauseMs(session.pollFailures, bounds.retry, chance));
  }
  session.pollAt = clock.monotonic() + session.pollMs;
  return "again";
}
