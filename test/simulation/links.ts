import type { Chance } from "./chance.ts";
import type { Schedule } from "./schedule.ts";

/** What a cut of the link breaks at once. */
interface Breakable {
  break(lateMs?: number): void;
}

/**
 * The way between a process and one other side. States: whole; cut (nothing can be sent, and both ends know); stalled
 * (what is sent waits, and nobody knows) until `stalledUntil`.
 */
export class Link {
  readonly name: string;
  isCut = false;
  /** Virtual time in microseconds. */
  stalledUntil = 0;
  /** Slowest way in one direction; milliseconds. */
  slowestMs = 2;
  readonly #schedule: Schedule;
  readonly #connections = new Set<Breakable>();

  constructor(name: string, schedule: Schedule) {
    this.name = name;
    this.#schedule = schedule;
  }

  get isStalled(): boolean {
    return this.stalledUntil > this.#schedule.now;
  }

  add(connection: Breakable): void {
    this.#connections.add(connection);
  }

  remove(connection: Breakable): void {
    this.#connections.delete(connection);
  }

  latencyMs(chance: Chance): number {
    return 0.05 + chance.fraction() * this.slowestMs;
  }

  /** Breaks every connection over it; what is under way arrives `lateMs` later, or as chance has it. */
  cut(lateMs?: number): void {
    this.isCut = true;
    for (const connection of this.#connections) connection.break(lateMs);
  }

  stall(ms: number): void {
    this.stalledUntil = Math.max(this.stalledUntil, this.#schedule.now + ms * 1000);
  }

  heal(): void {
    this.isCut = false;
    this.stalledUntil = 0;
  }
}
