/** A line of what was done to a cluster and what came of it. */
export interface TimelineRow {
  /** Milliseconds since the run began. */
  atMs: number;
  what: string;
}

/** Writes down a run as it goes, and prints each line. */
export class Timeline {
  readonly rows: TimelineRow[] = [];
  readonly #startedAt = Date.now();
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  get elapsedMs(): number {
    return Date.now() - this.#startedAt;
  }

  note(what: string): void {
    const row = { atMs: this.elapsedMs, what };
    this.rows.push(row);
    this.#print(`${(row.atMs / 1000).toFixed(1).padStart(7)} s  ${what}`);
  }
}
