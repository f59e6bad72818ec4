import type { Clock } from "@dms/runtime";

interface Appointment {
  dueMs: number;
  /** Order of making, so that appointments of one instant keep theirs. */
  order: number;
  action: () => void;
}

/** Time between two turns: what falls due within it runs in one turn, so that the hub takes it in one write. */
const turnMs = 4;
/** What is more than this waits for the next turn, so that late traffic cannot starve the server. */
const actionsPerTurnMax = 5000;

/** Many appointments on one timer, run in order of time by the monotonic clock; `onTurn` follows each turn. */
export class Schedule {
  readonly #clock: Clock;
  readonly #onTurn: () => void;
  /** A binary heap: the earliest first. */
  readonly #heap: Appointment[] = [];
  #made = 0;
  #cancel: (() => void) | null = null;
  #armedForMs = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor(clock: Clock, onTurn: () => void) {
    this.#clock = clock;
    this.#onTurn = onTurn;
  }

  get size(): number {
    return this.#heap.length;
  }

  now(): number {
    return this.#clock.monotonic();
  }

  at(dueMs: number, action: () => void): void {
    if (this.#isStopped) return;
    this.#made += 1;
    this.#push({ dueMs, order: this.#made, action });
    this.#arm();
  }

  stop(): void {
    this.#isStopped = true;
    this.#heap.length = 0;
    this.#cancel?.();
    this.#cancel = null;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.dueMs >= this.#armedForMs) return;
    this.#cancel?.();
    this.#armedForMs = first.dueMs;
    this.#cancel = this.#clock.after(Math.max(first.dueMs - this.now(), turnMs), () => this.#turn());
  }

  #turn(): void {
    this.#cancel = null;
    // Nothing arms the timer while the turn runs.
    this.#armedForMs = Number.NEGATIVE_INFINITY;
    const now = this.now();
    for (let count = 0; count < actionsPerTurnMax; count += 1) {
      const first = this.#heap[0];
      if (first === undefined || first.dueMs > now) break;
      this.#pop();
      first.action();
    }
    this.#onTurn();
    this.#armedForMs = Number.POSITIVE_INFINITY;
    this.#arm();
  }

  #push(appointment: Appointment): void {
    const heap = this.#heap;
    let index = heap.push(appointment) - 1;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (!this.#isBefore(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    let index = 0;
    for (;;) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < this.#heap.length && this.#isBefore(child, least)) least = child;
      }
      if (least === index) return;
      this.#swap(index, least);
      index = least;
    }
  }

  #isBefore(left: number, right: number): boolean {
    const [first, second] = [this.#heap[left], this.#heap[right]];
    if (first === undefined || second === undefined) return false;
    return first.dueMs < second.dueMs || (first.dueMs === second.dueMs && first.order < second.order);
  }

  #swap(left: number, right: number): void {
    const [first, second] = [this.#heap[left], this.#heap[right]];
    if (first === undefined || second === undefined) return;
    this.#heap[left] = second;
    this.#heap[right] = first;
  }
}
