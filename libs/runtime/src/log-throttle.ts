import type { Clock } from "@dms/rules";

/** Kinds of lines that are remembered at once; what falls out is written again sooner than it need be. */
const keysMax = 1000;

/**
 * Lets one line of a kind through per period, so that an outage fills no disk; the next one says how many were left out.
 */
export class LogThrottle {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #lines = new Map<string, { at: number; omitted: number }>();

  constructor(clock: Clock, everyMs = 5000) {
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /** How many lines of this kind were left out since the last one, or null when this one is left out too. */
  admit(kind: string): number | null {
    const now = this.#clock.monotonic();
    const line = this.#lines.get(kind);
    if (line !== undefined && now - line.at < this.#everyMs) {
      line.omitted++;
      return null;
    }
    if (this.#lines.size >= keysMax) this.#lines.clear();
    this.#lines.set(kind, { at: now, omitted: 0 });
    return line?.omitted ?? 0;
  }
}
