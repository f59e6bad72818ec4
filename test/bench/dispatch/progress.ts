import type { Line } from "../crew.ts";
import { Shown } from "../ports/shown.ts";
import type { DispatchOrder } from "./contestant.ts";

/** A consumer's counts of messages shown, and removed from Redis; the bench asks for them. */
export class Progress {
  readonly shown: Shown;
  removed = 0;

  constructor(order: DispatchOrder, line: Line) {
    this.shown = new Shown(order, order.warm + order.measured);
    void this.#answer(line);
  }

  remove(count: number): void {
    this.removed += count;
  }

  async #answer(line: Line): Promise<never> {
    while (true) {
      await line.heard("count");
      const { count: shown, doubled, disordered } = this.shown;
      line.say("counts", { removed: this.removed, shown, doubled, disordered });
    }
  }
}

/** Stores the log in batches, one at a time, whenever the bench says `go`. */
export async function produce(
  line: Line,
  batch: number,
  store: (from: number, upTo: number) => Promise<void>,
): Promise<never> {
  let stored = 0;
  line.say("ready");
  while (true) {
    const { upTo = 0 } = await line.heard("go");
    while (stored < upTo) {
      const last = Math.min(stored + batch, upTo);
      await store(stored + 1, last);
      stored = last;
    }
  }
}
