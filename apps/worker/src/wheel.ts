import type { Clock } from "@dms/rules";

/** Width of a slot: how late a wake may be. Milliseconds. */
const slotMs = 50;

/**
 * Wakes any number of sleepers with one timer; each has one instant, the last that was wished for. A wish for later moves
 * nobody: the sleeper is passed on when its former slot is turned to, so that one who is put off again and again, as a
 * conversation is by each message, costs one look-up each time.
 */
export class Wheel<Sleeper> {
  readonly #clock: Clock;
  readonly #wake: (sleeper: Sleeper) => void;
  readonly #slots = new Map<number, Set<Sleeper>>();
  /** The slot that each sleeper wishes to be woken in; it lies in that one or in an earlier one. */
  readonly #wishes = new Map<Sleeper, number>();
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
    const slot = Math.max(Math.ceil(at / slotMs), this.#turnedTo + 1);
    const before = this.#wishes.get(sleeper);
    if (before === slot) return;
    this.#wishes.set(sleeper, slot);
    if (before === undefined || slot < before) this.#put(sleeper, slot);
  }

  forget(sleeper: Sleeper): void {
    this.#wishes.delete(sleeper);
  }

  #put(sleeper: Sleeper, slot: number): void {
    const sleepers = this.#slots.get(slot);
    if (sleepers) sleepers.add(sleeper);
    else this.#slots.set(slot, new Set([sleeper]));
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
      const wish = this.#wishes.get(sleeper);
      if (wish === undefined) continue;
      if (wish > this.#turnedTo) {
        this.#put(sleeper, wish);
        continue;
      }
      this.#wishes.delete(sleeper);
      this.#wake(sleeper);
    }
  }
}
