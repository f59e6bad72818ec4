import type { ClusterEvent, Emit } from "@dms/rules";

/** What a member asks Redis for its lease. */
const asking: ReadonlySet<string> = new Set(["join", "beat"]);

/** Why a member has no lease: the last join or beat that failed, forgotten with the next one that does not. */
export class LeaseFault {
  #detail: string | undefined;

  /** The same `emit`, listened to. */
  heard(emit: Emit): Emit {
    return (event) => {
      this.#hear(event);
      emit(event);
    };
  }

  /** What a member without a lease says to whoever asks whether it is ready. */
  get reasons(): string[] {
    const reasons = ["no lease: not a member of the cluster now"];
    return this.#detail === undefined ? reasons : [...reasons, this.#detail];
  }

  #hear(event: ClusterEvent): void {
    if (event.type === "redis-failed" && asking.has(event.doing)) this.#detail = event.detail;
    if (event.type === "member-joined" || event.type === "lease-renewed") this.#detail = undefined;
  }
}
