/** One thing that happened; `detail` is made readable only when somebody reads it. */
type Row = [at: number, actor: string, what: string, detail: unknown];

const detailLengthMax = 240;

/** The history of a run, row by row in virtual time. */
export class Trace {
  readonly #rows: Row[] = [];

  add(...row: Row): void {
    this.#rows.push(row);
  }

  get length(): number {
    return this.#rows.length;
  }

  /** Lines of `<ms> <actor> <what> <detail>`. */
  lines(): string[] {
    return this.#rows.map(([at, actor, what, detail]) => {
      const time = (at / 1000).toFixed(3).padStart(10);
      return `${time}  ${actor.padEnd(12)} ${what.padEnd(22)} ${textOf(detail)}`;
    });
  }

  /** Everything, to be compared with another run's. */
  text(): string {
    return this.#rows.map((row) => JSON.stringify(row)).join("\n");
  }
}

function textOf(detail: unknown): string {
  const text = typeof detail === "string" ? detail : JSON.stringify(detail);
  return text.length > detailLengthMax ? `${text.slice(0, detailLengthMax)}...` : text;
}
