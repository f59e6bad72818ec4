import type { MemberId } from "@dms/protocol";
import type { MemberView } from "@dms/rules";

/** When a survey was asked for and answered, by the dispatcher's own monotonic clock; milliseconds. */
export interface SurveyTimes {
  askedAt: number;
  answeredAt: number;
}

/**
 * Until when the leases run at least that a dispatcher has seen running, by its own clock. When Redis's clock steps forward
 * every lease is over by it at once, while its owner trusts it until its next beat is answered, and may have a post under
 * way: so a lease has ended only when both clocks say so. (I4)
 */
export class LeaseSightings {
  readonly #seen = new Map<MemberId, { view: MemberView; endsAt: number }>();

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
    for (const [member, { view, endsAt }] of this.#seen) {
      const listed = members.get(member);
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
      this.#seen.set(view.member, { view, endsAt });
    }
  }
}
