import type { Chance } from "./chance.ts";
import type { SimulatedProcess } from "./process.ts";

/** One thing that is to happen. A step of a process does not happen once that process is dead, and waits while it is frozen. */
export interface Step {
  /** Virtual time in microseconds. */
  at: number;
  /** Chance's choice between steps of one moment. */
  tie: number;
  /** Order of adding: what the two above leave open. */
  order: number;
  owner: SimulatedProcess | null;
  run: () => void | Promise<void>;
  isCancelled: boolean;
  /** A timer of its process, and nothing that comes from outside. */
  isTimer: boolean;
}

export interface StepOptions {
  owner?: SimulatedProcess | null;
  /** Steps of one moment that are ordered happen first, in the order in which they were added: a connection's bytes. */
  isOrdered?: boolean;
  isTimer?: boolean;
}

/** All that is pending, in virtual time; the only source of order in a run. */
export class Schedule {
  /** Virtual time in microseconds. */
  now = 0;
  readonly #chance: Chance;
  readonly #heap: Step[] = [];
  #order = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** Adds a step at a virtual time in microseconds, not before now. */
  at(time: number, run: Step["run"], options: StepOptions = {}): Step {
    const tie = options.isOrdered === true ? 0 : 1 + this.#chance.whole(0, 1_000_000);
    const at = Math.max(this.now, Math.ceil(time));
    const { owner = null, isTimer = false } = options;
    const step: Step = { at, tie, order: this.#order++, owner, run, isCancelled: false, isTimer };
    this.#push(step);
    return step;
  }

  /** Adds a step `ms` milliseconds from now. */
  in(ms: number, run: Step["run"], options: StepOptions = {}): Step {
    return this.at(this.now + ms * 1000, run, options);
  }

  /** The next step that can happen, with time moved on to it; undefined when nothing is pending before `until`. */
  next(until: number): Step | undefined {
    while (true) {
      const first = this.#heap[0];
      if (first === undefined || first.at > until) return undefined;
      this.#pop();
      const { owner } = first;
      if (first.isCancelled || owner?.isDead === true) continue;
      if (owner !== null && owner.heldUntil > first.at) {
        first.at = owner.heldUntil;
        // What waited for one frozen process happens in the order in which it came, but sockets and timers apart.
        first.tie = first.isTimer === owner.areTimersFirst ? 0 : 1;
        first.order = this.#order++;
        this.#push(first);
        continue;
      }
      this.now = Math.max(this.now, first.at);
      return first;
    }
  }

  #push(step: Step): void {
    const heap = this.#heap;
    let place = heap.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent] as Step;
      if (!isBefore(step, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = step;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Step;
    if (heap.length === 0) return;
    let place = 0;
    while (true) {
      let child = place * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Step, heap[child] as Step)) child++;
      if (!isBefore(heap[child] as Step, last)) break;
      heap[place] = heap[child] as Step;
      place = child;
    }
    heap[place] = last;
  }
}

function isBefore(a: Step, b: Step): boolean {
  if (a.at !== b.at) return a.at < b.at;
  return a.tie !== b.tie ? a.tie < b.tie : a.order < b.order;
}
