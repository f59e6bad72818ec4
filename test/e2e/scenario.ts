import type { ConversationId } from "@dms/protocol";
import {
  atRest,
  boundsOfStuck,
  type ClusterOptions,
  describeVerdict,
  type History,
  type LogEvent,
  startCluster,
  type TestCluster,
  type TrafficPlan,
  until,
  type Verdict,
  verdict,
} from "@dms/testkit";
import { expect } from "vitest";
import { storyOf } from "./story.ts";

/** A cluster under steady traffic with agents answering, what is done to it, and how long it may take to come to rest. */
export interface Scenario {
  cluster: ClusterOptions;
  /** Done before the traffic begins. */
  prepare?: (cluster: TestCluster) => Promise<unknown>;
  traffic?: Partial<TrafficPlan>;
  /** Does the harm and heals it. Messages flow before it begins and after it has ended. */
  harm: (stage: Stage) => Promise<void>;
  /** Conversations that the harm was done to: the others must not notice (I13). */
  disturbed?: (history: History) => ConversationId[];
  restMsMax?: number;
}

/** What a scenario's harm works with. */
export interface Stage {
  cluster: TestCluster;
  shown: ShownLog;
  /** Waits until `count` more messages were shown, by whomever. */
  flow: (count: number) => Promise<void>;
}

export interface Outcome {
  history: History;
  judged: Verdict;
}

const flowMsMax = 60_000;
const flowBefore = 60;
const flowAfter = 60;
const restMsDefault = 90_000;

/**
 * Runs a scenario and judges it by the ledgers: nothing lost, doubled or out of order in either direction, at most one open
 * session per conversation.
 */
export async function play(scenario: Scenario): Promise<Outcome> {
  const shown = new ShownLog();
  const cluster = await startCluster({
    chatServers: 2,
    config: quickAgents,
    ...scenario.cluster,
    onSpawn: (app) => app.onEvent((event) => shown.take(app.name, event)),
  });
  try {
    await scenario.prepare?.(cluster);
    const flow = (count: number): Promise<void> => shown.more(count);
    await cluster.hub.startTraffic({ channel: "whatsapp", rate: 25, conversations: 20, seed: 11, ...scenario.traffic });
    await flow(flowBefore);
    const since = now();
    await scenario.harm({ cluster, shown, flow });
    const until = now();
    await flow(flowAfter);
    await cluster.hub.stopTraffic();
    const history = await atRest(cluster, scenario.restMsMax ?? restMsDefault);
    const conversations = new Set(scenario.disturbed?.(history));
    const judged = verdict(history, {
      isAtRest: true,
      bounds: boundsOfStuck,
      disturbance: { conversations, since, until },
    });
    console.log(describeVerdict(judged));
    if (!judged.isClean) console.log(storyOf(shown.events, { history, judged }));
    expect(judged.findings).toEqual([]);
    expect(judged.isClean).toBe(true);
    expect(judged.compared.messages).toBeGreaterThan(flowBefore + flowAfter);
    expect(judged.compared.replies).toBeGreaterThan(0);
    return { history, judged };
  } finally {
    await cluster.stop();
  }
}

/** Agents that answer soon, so that replies are always under way. */
export const quickAgents = {
  "chat-mock": { agents: { "think-min-ms": 100, "think-max-ms": 800, "end-probability": 0.02 } },
};

interface ShownAt {
  app: string;
  at: number;
  conversation: string;
  latencyMs: number;
}

/** Who showed which conversation's messages, and when; from the workers' logs, for measuring only, never for judging. */
export class ShownLog {
  readonly rows: ShownAt[] = [];
  readonly events: (LogEvent & { app: string })[] = [];

  take(app: string, event: LogEvent): void {
    if (event.event !== "message-shown") {
      this.events.push({ ...event, app });
      return;
    }
    const at = Date.parse(String(event.time));
    const conversation = String(event["conversation"]);
    this.rows.push({ app, at, conversation, latencyMs: Number(event["latencyMs"]) });
  }

  async more(count: number): Promise<void> {
    const goal = this.rows.length + count;
    await until(() => this.rows.length >= goal, {
      timeoutMs: flowMsMax,
      describe: () => `only ${this.rows.length} of ${goal} messages were shown`,
    });
  }

  /** Waits until the logs hold what is looked for, for what a number of messages makes likely is not certain. */
  async until(what: string, isThere: () => boolean): Promise<void> {
    await until(isThere, { timeoutMs: flowMsMax, describe: () => `nobody told of ${what}` });
  }

  /** Waits for an event of any app, past or to come. */
  async event(name: string): Promise<void> {
    await this.until(name, () => this.count(name) > 0);
  }

  /** The app that showed most conversations last. */
  busiest(): string {
    const [first] = this.byConversations();
    if (first === undefined) throw new Error("nothing was shown yet");
    return first;
  }

  /** Conversations of which anything was shown. */
  get conversations(): number {
    return new Set(this.rows.map(({ conversation }) => conversation)).size;
  }

  /** Apps by how many conversations are theirs, as far as the logs tell; the busiest first. */
  byConversations(): string[] {
    const counts = Map.groupBy(this.#ownersAt(Date.now()).values(), (app) => app);
    return [...counts].toSorted(([, a], [, b]) => b.length - a.length).map(([name]) => name);
  }

  /** How many of the conversations of the latest `count` messages each app serves; apps that serve none are not there. */
  served(count: number): number[] {
    const owners = new Map(this.rows.slice(-count).map(({ conversation, app }) => [conversation, app]));
    return [...Map.groupBy(owners.values(), (app) => app).values()].map(({ length }) => length);
  }

  /**
   * For each conversation that `app` showed last before `at` (wall clock): milliseconds from `at` to the first message that
   * somebody else shows of it.
   */
  recoveriesMs(app: string, at: number): number[] {
    const owners = this.#ownersAt(at);
    const recovered = new Map<string, number>();
    for (const row of this.rows) {
      const isMoved = row.at > at && owners.get(row.conversation) === app && row.app !== app;
      if (isMoved && !recovered.has(row.conversation)) recovered.set(row.conversation, row.at - at);
    }
    return [...recovered.values()];
  }

  /** Who showed each conversation last before `at`, without those that it has handed off or lost by a death since. */
  #ownersAt(at: number): Map<string, string> {
    const owners = new Map<string, { app: string; at: number }>();
    for (const row of this.rows) if (row.at <= at) owners.set(row.conversation, row);
    const joinedAt = new Map<string, number>();
    for (const { event, time, conversation, app } of this.events) {
      const eventAt = Date.parse(String(time));
      if (eventAt > at) continue;
      const id = String(conversation);
      if (event === "member-joined") joinedAt.set(app, eventAt);
      if (event === "conversation-moved" && eventAt >= (owners.get(id)?.at ?? at)) owners.delete(id);
    }
    const isOfThisLife = (row: { app: string; at: number }): boolean => row.at >= (joinedAt.get(row.app) ?? 0);
    return new Map([...owners].filter(([, row]) => isOfThisLife(row)).map(([id, { app }]) => [id, app]));
  }

  /** For each conversation that `app` showed last before `at`: the latency of the first message that somebody else shows. */
  latenciesOfMoved(app: string, at: number): number[] {
    const owners = this.#ownersAt(at);
    const first = new Map<string, number>();
    for (const row of this.rows) {
      const isMoved = row.at > at && owners.get(row.conversation) === app && row.app !== app;
      if (isMoved && !first.has(row.conversation)) first.set(row.conversation, row.latencyMs);
    }
    return [...first.values()];
  }

  /** Latest of the named events of any app, if there is one. */
  last(event: string): (LogEvent & { app: string }) | undefined {
    return this.events.findLast((row) => row.event === event);
  }

  count(event: string): number {
    return this.events.filter((row) => row.event === event).length;
  }
}

/** The process that holds the fetch lease of the channel, as the latest log line tells. */
export function fetcher({ cluster, shown }: Stage): string {
  const name = shown.last("fetcher-gained")?.app ?? "";
  expect(cluster.app(name).isRunning).toBe(true);
  return name;
}

/** Milliseconds from `at` (wall clock) to the moment when another process than `victim` takes the fetch lease. */
export function takenOverMs(shown: ShownLog, at: number, victim: string): number[] {
  return shown.events
    .filter(({ event, app, time }) => event === "fetcher-gained" && app !== victim && Date.parse(String(time)) > at)
    .map(({ time }) => Date.parse(String(time)) - at)
    .slice(0, 1);
}

/** The value below which a share of the sorted values lies; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Prints what was measured, for the reader of a run's output; no test fails by it. */
export function report(what: string, values: readonly number[]): void {
  const figures = [0, 0.5, 0.99].map((share) => Math.round(percentile(values, share)));
  console.log(
    `measured: ${what}: n ${values.length}, min ${figures[0]} ms, p50 ${figures[1]} ms, p99 ${figures[2]} ms`,
  );
}

/** The wall clock, as log lines have it. */
export function now(): number {
  return Date.now();
}

/** Lets time pass that is itself part of the harm (a freeze, an outage), never to wait for an effect. */
export function harmLasts(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
