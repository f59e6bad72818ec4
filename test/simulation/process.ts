import type { Clock } from "@dms/rules";
import type { Chance } from "./chance.ts";
import type { Schedule, Step } from "./schedule.ts";

/** Wall clock of the machine at virtual time 0. */
export const wallStartMs = 1_800_000_000_000;

/** How late a timer may be. */
const timerLateMsMax = 1;

/**
 * One incarnation of a process: all that it waits for comes through `Schedule` as steps that it owns. States: running <->
 * frozen (`heldUntil`), slow (each step holds up the next ones) -> dead; nothing of a dead one happens any more.
 */
export class SimulatedProcess {
  readonly name: string;
  readonly role: "dispatcher" | "worker" | "supervisor";
  readonly chance: Chance;
  readonly clock: Clock;
  isDead = false;
  /** Virtual time, in microseconds, before which nothing of it happens. */
  heldUntil = 0;
  /** Whether its loop looks at timers before it reads sockets when it goes on: where it stood when it was stopped. */
  areTimersFirst = false;
  /** Until when its loop is slow, and how long one step may then take; virtual microseconds. */
  slow = { until: 0, lagMax: 0 };
  /** The member that it is now, as it announced. */
  member: string | null = null;
  readonly #schedule: Schedule;
  readonly #startedAt: number;

  constructor(schedule: Schedule, name: { name: string; role: SimulatedProcess["role"] }, chance: Chance) {
    this.name = name.name;
    this.role = name.role;
    this.chance = chance;
    this.#schedule = schedule;
    // Monotonic clocks start anywhere.
    this.#startedAt = chance.whole(0, 1_000_000) * 1000;
    this.clock = {
      wall: () => Math.floor(wallStartMs + schedule.now / 1000),
      monotonic: () => (schedule.now + this.#startedAt) / 1000,
      sleep: (ms, signal) => this.#sleep(ms, signal),
      after: (ms, action) => {
        const step = this.#timer(ms, action);
        return () => {
          step.isCancelled = true;
        };
      },
    };
  }

  /** Adds a step of this process `ms` from now. */
  in(ms: number, run: Step["run"]): Step {
    return this.#schedule.in(ms, run, { owner: this });
  }

  /** Adds a timer of this process, as exact as what is outside of it. */
  after(ms: number, run: Step["run"]): Step {
    return this.#schedule.in(ms, run, { owner: this, isTimer: true });
  }

  freeze(ms: number): void {
    this.areTimersFirst = this.chance.strikes(0.5);
    this.heldUntil = Math.max(this.heldUntil, this.#schedule.now + ms * 1000);
  }

  thaw(): void {
    this.heldUntil = 0;
    this.slow = { until: 0, lagMax: 0 };
  }

  /** Called after each of its steps: a slow loop takes its time. */
  lag(): void {
    const { now } = this.#schedule;
    if (now < this.slow.until) this.heldUntil = Math.max(this.heldUntil, now + this.chance.whole(0, this.slow.lagMax));
  }

  #timer(ms: number, action: () => void): Step {
    return this.after(Math.max(1, ms) + this.chance.fraction() * timerLateMsMax, action);
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const onAbort = (): void => {
        step.isCancelled = true;
        resolve();
      };
      const step = this.#timer(ms, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }
}
