import type { Clock } from "@dms/runtime";

interface Alarm {
  at: number;
  action: () => void;
}

/** A clock that stands still until a test moves it; both of its times are the same. */
export class FakeClock implements Clock {
  #now = 1_700_000_000_000;
  readonly #alarms = new Set<Alarm>();

  wall(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(ms: number, action: () => void): () => void {
    const alarm = { at: this.#now + ms, action };
    this.#alarms.add(alarm);
    return () => void this.#alarms.delete(alarm);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve));
  }

  /** Alarms that are set now. */
  get pending(): number {
    return this.#alarms.size;
  }

  /** Moves time, running what falls due in between at its own time and in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#dueBy(end); next !== null; next = this.#dueBy(end)) {
      this.#alarms.delete(next);
      this.#now = next.at;
      next.action();
    }
    this.#now = end;
  }

  #dueBy(end: number): Alarm | null {
    const due = [...this.#alarms].filter(({ at }) => at <= end).sort((one, other) => one.at - other.at);
    return due[0] ?? null;
  }
}
