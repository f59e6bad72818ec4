import type { DeedFact } from "../history.ts";

/**
 * Bounds that the run properties are judged by; milliseconds. Far beyond those of the design, so that a machine on which much
 * else runs does not fail a run that goes well: they catch what is stuck. Who measures on a quiet machine sets them tighter.
 */
export interface Bounds {
  /** From a death that nobody proves to its conversations' messages in the chat: lease, look, one effect time-out. */
  recoveryMsMax: number;
  /** The same for a death that is proved. */
  provedMsMax: number;
  /** How long the back-off towards a part that was away may go on after it is back. */
  backOffMsMax: number;
  /** How long a message may wait because its worker drains. */
  stopGapMsMax: number;
  /** How long others' messages may take while a conversation is poisoned, hot or slow: 99 of 100. */
  isolationMsMax: number;
  /** How long a session that nobody uses may stay open: the chat server's own time-out, and its sweep. */
  orphanMsMax: number;
  /** How long after its last session has ended a conversation's record may stay. */
  closeMsMax: number;
}

export const boundsDefault: Bounds = {
  recoveryMsMax: 20_000,
  provedMsMax: 15_000,
  backOffMsMax: 20_000,
  stopGapMsMax: 10_000,
  isolationMsMax: 10_000,
  orphanMsMax: 60_000,
  closeMsMax: 20_000,
};

const stuckMs = 60_000;

/** For tests of whole clusters that run beside others: what takes longer than this is stuck. How long things take is measured elsewhere. */
export const boundsOfStuck: Partial<Bounds> = {
  recoveryMsMax: stuckMs,
  provedMsMax: stuckMs,
  stopGapMsMax: stuckMs,
  isolationMsMax: stuckMs,
};

/**
 * Until when something must have happened that takes `boundMs` from `from` on, when nothing else is done to the cluster.
 * Whatever else is done meanwhile begins the time anew at its end, and the back-off towards what was away comes on top.
 */
export function dueAfter(
  deeds: readonly DeedFact[],
  { from, boundMs, backOffMsMax }: { from: number; boundMs: number; backOffMsMax: number },
): number {
  let start = from;
  for (;;) {
    const ends = deeds
      .filter(({ kind, at }) => kind !== "join" && at <= start + boundMs)
      .map(({ kind, endedAt }) => (endedAt ?? Number.POSITIVE_INFINITY) + (kind === "outage" ? backOffMsMax : 0));
    const end = Math.max(start, ...ends);
    if (end === start) return start + boundMs;
    start = end;
  }
}
