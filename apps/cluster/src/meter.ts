import type { Clock } from "@dms/runtime";
import { type History, percentile, RunningVerdict, showLatencies, type TestCluster, type Verdict } from "@dms/testkit";
import { askMember, type MemberStatus } from "./member-status.ts";

/** What the cluster does now, as one value. Rates are a second, latencies in milliseconds, null where there are none. */
export interface Snapshot {
  upMs: number;
  rates: { received: number; shown: number; replies: number };
  latency: { p50: number | null; p99: number | null };
  /** Entries in inboxes; null while Redis does not answer. */
  backlog: number | null;
  deadLetters: number;
  verdict: Verdict;
  /** What could not be read this time; empty when everything could. */
  unread: string;
  members: MemberStatus[];
  partitions: number;
}

interface Sample {
  at: number;
  received: number;
  shown: number;
  replies: number;
}

const rateMs = 5000;
const latencyMs = 10_000;
const answerMsMax = 500;

/** Looks at cluster and ledgers again and again. */
export class Meter {
  readonly #cluster: TestCluster;
  readonly #clock: Clock;
  readonly #verdict = new RunningVerdict();
  readonly #startedAt: number;
  #samples: Sample[] = [];

  constructor(cluster: TestCluster, clock: Clock) {
    this.#cluster = cluster;
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
  }

  /** Never rejects: what does not answer is named in `unread`, and the last known figures stand. */
  async look(): Promise<Snapshot> {
    const { ledgers, view, partitions } = this.#cluster;
    const faults: string[] = [];
    const orFault = async <T>(what: string, asked: Promise<T>): Promise<T | null> => {
      try {
        return await asked;
      } catch {
        // A part that is down is what this program is there to show.
        faults.push(what);
        return null;
      }
    };
    const [members, backlog] = await Promise.all([
      this.#members(),
      orFault("Redis", view.backlog()),
      orFault("the ledgers", ledgers.read()),
    ]);
    const { history } = ledgers;
    const verdict = this.#verdict.of(history, { isAtRest: false });
    return {
      upMs: this.#clock.monotonic() - this.#startedAt,
      rates: this.#rates(verdict),
      latency: this.#latency(history),
      backlog,
      deadLetters: history.deadLetters,
      verdict,
      unread: faults.join(", "),
      members,
      partitions,
    };
  }

  async #members(): Promise<MemberStatus[]> {
    const late = new AbortController();
    const cancel = this.#clock.after(answerMsMax, () => late.abort());
    // What was stopped on purpose is gone, not down.
    const apps = [...this.#cluster.apps.values()].filter((app) => app.isRunning || !app.isStopping);
    const members = await Promise.all(apps.map((app) => askMember(app, this.#clock.wall(), late.signal)));
    cancel();
    const { redis } = this.#cluster;
    if (redis === undefined) return members;
    const state = redis.pid === undefined ? "down" : "up";
    return [...members, { name: "redis", kind: "redis", pid: redis.pid, state, upMs: 0, figures: new Map() }];
  }

  #rates({ compared, pending }: Verdict): Snapshot["rates"] {
    const at = this.#clock.monotonic();
    const { messages, replies } = compared;
    const now = { at, received: messages, shown: messages - pending.messages, replies };
    this.#samples = [...this.#samples.filter((sample) => at - sample.at <= rateMs), now];
    const [first = now] = this.#samples;
    const seconds = Math.max(0.5, (at - first.at) / 1000);
    const rate = (field: "received" | "shown" | "replies"): number => (now[field] - first[field]) / seconds;
    return { received: rate("received"), shown: rate("shown"), replies: rate("replies") };
  }

  #latency(history: History): Snapshot["latency"] {
    const latencies = showLatencies(history, this.#clock.wall() - latencyMs);
    return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
  }
}
