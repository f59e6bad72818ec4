import type { Failure } from "@dms/rules";
import type { Conversation } from "./conversation.ts";
import type { Session } from "./session.ts";

/**
 * Whether a failed call says that its session is over: at once, or because it has been said to be unknown for the bound
 * without one call in between that was answered. A gateway says so of sessions that live, until what is behind it is there.
 */
export function isOver(conversation: Conversation, session: Session, failure: Failure): boolean {
  if (failure.verdict === "ended") return true;
  if (failure.isUnknownSession !== true) return false;
  const { clock, bounds } = conversation.desk.context;
  const now = Math.ceil(clock.monotonic());
  if (session.unknownSince === 0) session.unknownSince = now;
  return now - session.unknownSince >= bounds.unknownSessionMs;
}

/** A call in the session was answered. */
export function noteKnown(session: Session): void {
  session.unknownSince = 0;
}
