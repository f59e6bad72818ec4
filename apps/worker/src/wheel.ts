import type { Clock } from "@dms/rules";

/** Width of a slot: how late a wake may be. Milliseconds. */
const slotMs = 50;

/** Wakes any number of sleepers with one timer; each has one instant, the last that was wished for. */
export class Wheel<Sleeper> {
  readonly #clock: Clock;
  readonly #wake: (sleeper: Sleeper) => void;
  readonly #slots = new Map<number, Set<Sleeper>>();
  readonly #slotOf = new Map<Sleeper, number>();
  #cancel: (() => void) | null = null;
  #turnedTo: number;

  constructor(clock: Clock, wake: (sleeper: Sleeper) => void) {
    this.#clock = clock;
    this.#wake = wake;
    this.#turnedTo = Math.floor(clock.monotonic() / slotMs);
  }

  start(): void {
    this.#cancel ??= this.#clock.after(slotMs, () => this.#turn());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  /** Sets the sleeper's instant on the monotonic clock. */
  set(sleeper: Sleeper, at: number): void {
    this.forget(sleeper);
    const slot = Math.max(Math.ceil(at / slotMs), this.#turnedTo + 1);
    const sleepers = this.#slots.get(slot) ?? new Set();
    sleepers.add(sleeper);
    this.#slots.set(slot, sleepers);
    this.#slotOf.set(sleeper, slot);
  }

  forget(sleeper: Sleeper): void {
    const slot = this.#slotOf.get(sleeper);
    if (slot === undefined) return;
    this.#slotOf.delete(sleeper);
    const sleepers = this.#slots.get(slot);
    sleepers?.delete(sleeper);
    if (sleepers?.size === 0) this.#slots.delete(slot);
  }

  #turn(): void {
    const now = Math.floor(this.#clock.monotonic() / slotMs);
    // After a stall many slots are due at once; the number of slots in use bounds the work, not the time that passed.
    const due = now - this.#turnedTo > this.#slots.size ? [...this.#slots.keys()].filter((slot) => slot <= now) : null;
    const slots = due ?? Array.from({ length: now - this.#turnedTo }, (_, i) => this.#turnedTo + 1 + i);
    this.#turnedTo = now;
    for (const slot of slots) this.#wakeSlot(slot);
    this.#cancel = this.#clock.after(slotMs, () => this.#turn());
  }

  #wakeSlot(slot: number): void {
    const sleepers = this.#slots.get(slot);
    if (!sleepers) return;
    this.#slots.delete(slot);
    for (const sleeper of sleepers) {
      this.#slotOf.delete(sleeper);
      this.#wake(sleeper);
    }
  }
}
