import type { Clock, Random } from "@dms/runtime";
import type { Ledger } from "../ledger.ts";
import { SeededRandom } from "../seeded-random.ts";
import { startCustomers } from "./customers.ts";
import type { ReplayPlan, TrafficPlan } from "./plan.ts";
import { startReplay } from "./replay.ts";
import type { Run, RunOptions, RunStatus } from "./run.ts";

const runNameLength = 4;

/** What `GET /admin/traffic` answers: the sum of the runs since nothing ran last, and each of them. */
export interface TrafficStatus {
  running: boolean;
  generated: number;
  conversationsStarted: number;
  runs: RunStatus[];
}

/** The runs that write to the hub now, and the ones of this series that have ended. */
export class Traffic {
  readonly #options: { clock: Clock; random: Random; ledger: Ledger; seed: number };
  #runs: Run[] = [];

  constructor(options: { clock: Clock; random: Random; ledger: Ledger; seed: number }) {
    this.#options = options;
  }

  isRunning(channel: string, kind: RunStatus["kind"]): boolean {
    return this.#runs.some(({ status }) => status.running && status.channel === channel && status.kind === kind);
  }

  start(plan: TrafficPlan): void {
    this.#add(startCustomers(plan, this.#runOptions("t", plan.seed)));
  }

  replay(plan: ReplayPlan): void {
    this.#add(startReplay(plan, this.#runOptions("r", plan.seed)));
  }

  /** Ends all runs; the status still tells what they did. */
  stop(): void {
    for (const run of this.#runs) run.stop();
  }

  status(): TrafficStatus {
    const runs = this.#runs.map(({ status }) => ({ ...status }));
    const sum = (field: "generated" | "conversationsStarted") => runs.reduce((total, run) => total + run[field], 0);
    return {
      running: runs.some((run) => run.running),
      generated: sum("generated"),
      conversationsStarted: sum("conversationsStarted"),
      runs,
    };
  }

  #add(run: Run): void {
    const isNewSeries = this.#runs.every(({ status }) => !status.running);
    this.#runs = isNewSeries ? [run] : [...this.#runs, run];
  }

  #runOptions(letter: string, seed: number | undefined): RunOptions {
    const { clock, random, ledger } = this.#options;
    // The name is not of the seed: the same traffic twice at one hub is two sets of conversations.
    const name = `${letter}${random.token(runNameLength)}`;
    return { clock, random: new SeededRandom(seed ?? this.#options.seed), ledger, name };
  }
}
