import type { Clock } from "@dms/runtime";
import type { Ledger } from "../ledger.ts";
import type { InboundDraft } from "../messages.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { Schedule } from "./schedule.ts";

export interface RunOptions {
  clock: Clock;
  random: SeededRandom;
  ledger: Ledger;
  /** Short and new for each run: it begins the ids of the run's conversations. */
  name: string;
}

/** What a run says about itself. */
export interface RunStatus {
  channel: string;
  kind: "traffic" | "replay";
  running: boolean;
  generated: number;
  conversationsStarted: number;
}

/** One source of customers' messages on one channel, from its start until it is stopped or has nothing left to say. */
export class Run {
  readonly schedule: Schedule;
  readonly status: RunStatus;
  readonly options: RunOptions;
  readonly #onStop: (() => void)[] = [];
  #batch: InboundDraft[] = [];

  constructor(source: Pick<RunStatus, "channel" | "kind">, options: RunOptions) {
    this.options = options;
    this.status = { ...source, running: true, generated: 0, conversationsStarted: 0 };
    this.schedule = new Schedule(options.clock, () => this.#flush());
  }

  /** Names a new conversation and counts it. */
  nextConversationId(): string {
    this.status.conversationsStarted += 1;
    return `${this.options.name}.${this.status.conversationsStarted}`;
  }

  /** Writes at the end of the schedule's turn, together with what else falls due in it. */
  write(draft: InboundDraft): void {
    this.#batch.push(draft);
  }

  onStop(action: () => void): void {
    this.#onStop.push(action);
  }

  stop(): void {
    if (!this.status.running) return;
    this.status.running = false;
    this.schedule.stop();
    for (const action of this.#onStop) action();
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length > 0) this.options.ledger.receive(this.status.channel, batch);
    this.status.generated += batch.length;
    if (this.schedule.size === 0) this.stop();
  }
}
