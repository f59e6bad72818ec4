import type { MemberView } from "./ports/registry.ts";

/** Times that a death is judged by; milliseconds. */
export interface DeathBounds {
  /** How long an outside effect may take. */
  effectMs: number;
  /** How long effects of a process that is certainly gone may still be on their way. */
  provedGraceMs: number;
}

/** Why a member is out, and how long new owners must wait before they reconcile. */
export interface DeathSentence {
  cause: "left" | "proved" | "expired" | "forgotten";
  waitMs: number;
}

/**
 * Judges a member that a partition still lists. Null while its lease runs. A member that left has nothing under way; one
 * whose death is proved, only what was on the wire; of one whose lease ran out nothing is known but the time. (A10)
 */
export function judge(view: MemberView | undefined, bounds: DeathBounds): DeathSentence | null {
  if (view === undefined) return { cause: "forgotten", waitMs: bounds.effectMs };
  if (view.leaseLeftMs > 0) return null;
  const sinceEndMs = -view.leaseLeftMs;
  if (view.state === "left") return { cause: "left", waitMs: 0 };
  if (view.state === "dead") return { cause: "proved", waitMs: Math.max(0, bounds.provedGraceMs - sinceEndMs) };
  return { cause: "expired", waitMs: Math.max(0, bounds.effectMs - sinceEndMs) };
}
