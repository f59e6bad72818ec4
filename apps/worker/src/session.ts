import type { ChatEvent, ChatHandle } from "@dms/protocol";

/** One chat session as its conversation's owner sees it. All counts are from the session's first event. */
export interface Session {
  handle: ChatHandle;
  /** Application that its user data names as the one that serves it; a desktop sends its requests there. */
  appName: string;
  /** Own posts accounted for: settled, or shown by this owner and about to be. */
  shown: number;
  /** Own posts of messages that are done with: what the record may be told, for a message half shown is not settled. */
  settled: number;
  /** Own posts in the transcript beyond `shown`: they show the next ones in `seq` order. (A2, A4) */
  surplus: ChatEvent[];
  /** Whether an own post stands in the transcript twice, so that a surplus may be a repetition. */
  haveRepeats: boolean;
  /** Own posts that a restored transcript has lost. */
  lost: number;
  /** Agent messages seen; the next one has this ordinal plus one. */
  agentSeen: number;
  /** Position from which to read on; an accelerator only. */
  position: number;
  /** Whether the transcript has been compared since the record was loaded or an outcome was unknown. (A3) */
  isReconciled: boolean;
  /** Whether the transcript may show posts that nobody has accounted for; when it can no longer be read, they are made again. */
  isDoubtful: boolean;
  isEnded: boolean;
  /** Once it has ended: whether its transcript was read since. */
  isReadable: boolean;
  /** The pause until the next look at a session in which nothing happens; milliseconds. */
  pollMs: number;
  /** When to look next, by the monotonic clock; whatever else waits, a look also keeps the session alive. */
  pollAt: number;
  /** Looks in a row that failed. */
  pollFailures: number;
  /** Since when it is said to be unknown by those whose word is not enough (monotonic ms); 0 while it is not. */
  unknownSince: number;
  /** Of the looks at its whole transcript since the last that was answered: those that were refused. */
  refusals: number;
}

/** The surplus of every session that has none; a surplus is replaced or taken from, never added to. */
const nothing: ChatEvent[] = [];
Object.freeze(nothing);

export function newSession(
  handle: ChatHandle,
  counts: { shown: number; appName: string; pollMs: number; now: number },
): Session {
  return {
    handle,
    appName: counts.appName,
    shown: counts.shown,
    settled: counts.shown,
    surplus: nothing,
    haveRepeats: false,
    lost: 0,
    agentSeen: 0,
    position: 1,
    isReconciled: false,
    isDoubtful: false,
    isEnded: false,
    isReadable: true,
    pollMs: counts.pollMs,
    pollAt: Math.ceil(counts.now + counts.pollMs),
    pollFailures: 0,
    unknownSince: 0,
    refusals: 0,
  };
}

/** Something happens in the session: look soon, and often. */
export function quicken(session: Session, soon: { now: number; activeMs: number }): void {
  session.pollMs = soon.activeMs;
  session.pollAt = Math.min(session.pollAt, Math.ceil(soon.now + soon.activeMs));
}
