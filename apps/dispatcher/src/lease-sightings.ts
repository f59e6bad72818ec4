import type { MemberId } from "@dms/protocol";
import type { MemberView } from "@dms/rules";

/** When a survey was asked for and answered, by the dispatcher's own monotonic clock; milliseconds. */
export interface SurveyTimes {
  askedAt: number;
  answeredAt: number;
}

/** Redis's clock may run a little faster than ours, as while it is corrected: less than this is no step. Milliseconds. */
const stepMsMin = 50;

/**
 * Until when the leases run at least that a dispatcher has seen running, by its own clock. When Redis's clock steps forward
 * every lease is over by it at once, while its owner trusts it until its next beat is answered, and may have a post under
 * way: so a lease has ended only when both clocks say so. (I4) That it is over by Redis's alone shows the step; whoever it
 * ended may have renewed its lease until then without any survey that told so, and gets a whole one from there.
 */
export class LeaseSightings {
  readonly #leaseMs: number;
  readonly #seen = new Map<MemberId, { view: MemberView; endsAt: number; isStepSeen: boolean }>();

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  /**
   * The members by both clocks: those of a survey, and those that it has forgotten while their leases run by ours. An end is
   * counted from when a survey was asked for, and compared with when this one was answered: while both clocks run alike,
   * Redis's is then never the earlier one, and a slow survey delays no death.
   */
  byBothClocks(
    surveyed: readonly MemberView[],
    { askedAt, answeredAt }: SurveyTimes,
  ): ReadonlyMap<MemberId, MemberView> {
    for (const view of surveyed) this.#note(view, askedAt);
    const members = new Map(surveyed.map((view) => [view.member, view]));
    for (const [member, seen] of this.#seen) {
      const listed = members.get(member);
      const isOver = listed === undefined || listed.leaseLeftMs <= 0;
      if (isOver && !seen.isStepSeen && seen.endsAt - answeredAt > stepMsMin) {
        seen.isStepSeen = true;
        seen.endsAt = answeredAt + this.#leaseMs;
      }
      const { view, endsAt } = seen;
      const leftMs = Math.ceil(endsAt - answeredAt);
      if (listed !== undefined) members.set(member, { ...listed, leaseLeftMs: Math.max(listed.leaseLeftMs, leftMs) });
      else if (leftMs > 0) members.set(member, { ...view, leaseLeftMs: leftMs });
      else this.#seen.delete(member);
    }
    return members;
  }

  #note(view: MemberView, askedAt: number): void {
    // Proof is better than any clock.
    if (view.state === "left" || view.state === "dead") this.#seen.delete(view.member);
    else if (view.leaseLeftMs > 0) {
      const endsAt = Math.max(askedAt + view.leaseLeftMs, this.#seen.get(view.member)?.endsAt ?? 0);
      this.#seen.set(view.member, { view, endsAt, isStepSeen: false });
    }
  }
}
