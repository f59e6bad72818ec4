import { conversationAt, type LogPlan, sequenceOf } from "./log.ts";

/** The checker of every contestant: each message shown once, and each conversation in the log's order. */
export class Shown {
  readonly #plan: LogPlan;
  readonly #seen: Uint8Array;
  readonly #last: Float64Array;
  count = 0;
  doubled = 0;
  disordered = 0;

  constructor(plan: LogPlan, messages: number) {
    this.#plan = plan;
    this.#seen = new Uint8Array(messages + 1);
    this.#last = new Float64Array(plan.conversations);
  }

  show(text: string): void {
    const sequence = sequenceOf(text);
    if (this.#seen[sequence] !== 0) {
      this.doubled++;
      return;
    }
    this.#seen[sequence] = 1;
    this.count++;
    const conversation = conversationAt(sequence, this.#plan);
    if (sequence < (this.#last[conversation] ?? 0)) this.disordered++;
    this.#last[conversation] = sequence;
  }
}
