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

/** A worker's load as the registry reports it; `capacity` is how many sessions it takes at most, 0 for any number. */
export interface Load<Member extends string> {
  member: Member;
  sessions: number;
  capacity: number;
}

/** Imbalance that is left alone: moving a conversation costs more than it brings. */
const toleratedSessions = 2;
const toleratedShare = 0.1;

/**
 * How many conversations each overloaded worker should hand off so that all lie level, as water does: alike, and who is full
 * below that. [] while the loads are near enough. Nobody is asked to go below its target, nor all together for more than the
 * others have room for: measured by the mean, which a small worker never reaches, two large ones sent thousands to and fro
 * for ever. (I9)
 */
export function planShedding<Member extends string>(
  loads: readonly Load<Member>[],
): { member: Member; conversations: number }[] {
  if (loads.length < 2) return [];
  const level = levelOf(loads);
  const aims = loads.map((load) => ({ ...load, target: Math.min(sessionsMax(load), level) }));
  const isUneven = aims.some(
    ({ sessions, target }) => Math.abs(sessions - target) > Math.max(toleratedSessions, target * toleratedShare),
  );
  if (!isUneven) return [];
  let room = aims.reduce((sum, { sessions, target }) => sum + Math.max(0, Math.ceil(target) - sessions), 0);
  const orders: { member: Member; conversations: number }[] = [];
  for (const { member, sessions, target } of aims) {
    const conversations = Math.min(sessions - Math.ceil(target), room);
    if (conversations <= 0) continue;
    room -= conversations;
    orders.push({ member, conversations });
  }
  return orders;
}

function sessionsMax({ capacity }: { capacity: number }): number {
  return capacity === 0 ? Number.POSITIVE_INFINITY : capacity;
}

/** What each worker has at most once all sessions are spread as evenly as the workers' sizes allow; infinite where they do not fit. */
function levelOf(loads: readonly Load<string>[]): number {
  const sizes = loads.map(sessionsMax).toSorted((a, b) => a - b);
  let rest = loads.reduce((sum, { sessions }) => sum + sessions, 0);
  for (const [i, size] of sizes.entries()) {
    const level = rest / (sizes.length - i);
    if (level <= size) return level;
    rest -= size;
  }
  return Number.POSITIVE_INFINITY;
}
