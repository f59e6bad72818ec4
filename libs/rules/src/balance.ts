import { createHash } from "node:crypto";

/**
 * Who of `candidates` should hold `thing` (a partition's leadership, a channel's fetching): rendezvous hashing, so that all
 * agree without talking and a change of one candidate moves only its own share. Null when there are none.
 */
export function preferredHolder<Candidate extends string>(
  thing: string,
  candidates: readonly Candidate[],
): Candidate | null {
  let best: { candidate: Candidate; weight: string } | null = null;
  for (const candidate of candidates) {
    const weight = createHash("sha1").update(`${thing} ${candidate}`).digest("hex");
    if (best === null || weight > best.weight) best = { candidate, weight };
  }
  return best?.candidate ?? null;
}

/** A worker's load as the registry reports it. */
export interface Load<Member extends string> {
  member: Member;
  sessions: number;
}

/** Imbalance that is left alone: moving a conversation costs more than it brings. */
const toleratedSessions = 2;
const toleratedShare = 0.1;

/**
 * How many conversations each overloaded worker should hand off so that all come near the mean; [] while the loads are
 * near enough. Nobody is asked to go below the mean. (I9)
 */
export function planShedding<Member extends string>(
  loads: readonly Load<Member>[],
): { member: Member; conversations: number }[] {
  if (loads.length < 2) return [];
  const mean = loads.reduce((sum, { sessions }) => sum + sessions, 0) / loads.length;
  const tolerated = Math.max(toleratedSessions, mean * toleratedShare);
  const isUneven = loads.some(({ sessions }) => Math.abs(sessions - mean) > tolerated);
  if (!isUneven) return [];
  return loads
    .map(({ member, sessions }) => ({ member, conversations: sessions - Math.ceil(mean) }))
    .filter(({ conversations }) => conversations > 0);
}
