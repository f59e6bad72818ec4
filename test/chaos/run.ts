import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AppProcess,
  atRest,
  type ClusterOptions,
  type DeedFact,
  type History,
  judgedLine,
  type RedisClusterSet,
  type SentinelSet,
  startCluster,
  startRedisCluster,
  startSentinelSet,
  type TestCluster,
  until,
  type Verdict,
  verdict,
} from "@dms/testkit";
import { Chance } from "../../apps/cluster/src/chance.ts";
import { Links } from "./links.ts";
import { chooseNemeses, weighted } from "./nemeses/index.ts";
import { mountSmall } from "./nemeses/redis.ts";
import type { Nemesis, RedisFormName, Stage } from "./nemesis.ts";
import { type AllTimings, timingsOf } from "./timings.ts";
import { Timeline, type TimelineRow } from "./timeline.ts";

export interface ChaosOptions {
  seed: number;
  /** How long nemeses strike, but each that is named at least once; the rest afterwards takes its own time. */
  strikeMs: number;
  form: RedisFormName;
  /** All that fit the form, when there are none. */
  nemeses: readonly string[];
  workers: number;
  dispatchers: number;
  rate: number;
  conversations: number;
  print: (line: string) => void;
  /** Where logs stay; a folder of its own that goes with the run by default. */
  dir?: string;
}

export interface ChaosResult {
  options: Omit<ChaosOptions, "print">;
  startedAt: string;
  strikes: Record<string, number>;
  skipped: { name: string; why: string }[];
  timeline: TimelineRow[];
  deeds: readonly DeedFact[];
  /** Empty when it came to rest. */
  unrest: string;
  verdict: Verdict;
  timings: AllTimings;
}

const flowMsMax = 90_000;
const restMsMax = 120_000;
const pauseMs = { low: 500, high: 3000 };
const preload = new URL("./faults/preload.ts", import.meta.url).href;
const smallMegabytes = 96;

/** Agents that answer soon and end seldom, so that replies are always under way. */
const agents = { "think-min-ms": 100, "think-max-ms": 1200, "end-probability": 0.02 };

/** Runs one cluster under a seeded nemesis, heals everything, waits for rest and judges what the ledgers then say. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const run = new ChaosRun(options);
  try {
    await run.start();
    await run.strike();
    return await run.judge();
  } finally {
    await run.close();
  }
}

type StartedRedis = Pick<Stage, "smallDir" | "sentinel" | "redisCluster"> & {
  options: NonNullable<ClusterOptions["redis"]>;
};

class ChaosRun {
  readonly #options: ChaosOptions;
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #startedAt = new Date().toISOString();
  readonly #strikes: Record<string, number> = {};
  readonly #skipped = new Map<string, string>();
  readonly #endings: (() => unknown)[] = [];
  #shown = 0;
  #guests = 0;
  #rounds = 0;
  #stage: Stage | undefined;
  #unrest = "";

  constructor(options: ChaosOptions) {
    this.#options = options;
    this.#timeline = new Timeline(options.print);
    this.#chance = new Chance(options.seed);
  }

  async start(): Promise<void> {
    const { workers, dispatchers, dir = mkdtempSync(join(tmpdir(), "dms-chaos-")) } = this.#options;
    const redis = await this.#startRedis(join(dir, "redis"));
    const cluster = await startCluster({
      workers: 0,
      dispatchers: 0,
      chatServers: 2,
      dir,
      redis: redis.options,
      config: sectionsFor(this.#options.form),
      onSpawn: (app) => this.#count(app),
    });
    this.#endings.push(() => cluster.stop());
    const chats = ["chat-1", "chat-2"].map((name) => cluster.app(name).port);
    const links = new Links({ redis: cluster.redis?.port ?? null, hub: cluster.app("hub").port, chats });
    this.#endings.push(() => links.close());
    this.#stage = this.#makeStage({ cluster, links, ...redis });
    const stage = this.#stage;
    // One after the other: a dozen processes that start at once on a busy machine keep each other from being ready in time.
    for (let index = 1; index <= dispatchers; index++) await stage.add("dispatcher", { name: `dispatcher-${index}` });
    for (let index = 1; index <= workers; index++) await stage.add("worker", { name: `worker-${index}` });
    await this.#startTraffic(cluster);
    this.#timeline.note(`${workers} workers and ${dispatchers} dispatchers are up, seed ${this.#options.seed}`);
    await stage.flow(30);
  }

  /** One server with its files on a small disk, or a set that loses tails and has replicas for it. */
  async #startRedis(dir: string): Promise<StartedRedis> {
    const none = { smallDir: null, sentinel: undefined, redisCluster: undefined };
    if (this.#options.form === "single") {
      mkdirSync(dir, { recursive: true });
      const unmount = mountSmall(dir, smallMegabytes);
      if (unmount !== null) this.#endings.push(unmount);
      return { ...none, options: { appendOnly: "always", dir }, smallDir: unmount === null ? null : dir };
    }
    const isSentinel = this.#options.form === "sentinel";
    const set = isSentinel ? await startSentinelSet() : await startRedisCluster();
    this.#endings.push(() => set.close());
    return {
      ...none,
      options: set,
      ...(isSentinel ? { sentinel: set as SentinelSet } : { redisCluster: set as RedisClusterSet }),
    };
  }

  async strike(): Promise<void> {
    const stage = this.#theStage();
    const chosen = this.#possible(stage, chooseNemeses(this.#options.form, this.#options.nemeses));
    const endsAt = this.#timeline.elapsedMs + this.#options.strikeMs;
    // Each at least once, in an order by chance, then as chance wills.
    const first = chosen.toSorted(() => this.#chance.fraction() - 0.5);
    const isRoundDone = (): boolean => this.#options.nemeses.length === 0 || first.length === 0;
    while (this.#timeline.elapsedMs < endsAt || !isRoundDone()) {
      const nemesis = first.shift() ?? this.#chance.pick(weighted(chosen));
      if (nemesis === undefined) throw new Error("there is no nemesis for this run");
      await this.#strikeOnce(stage, nemesis);
    }
  }

  async judge(): Promise<ChaosResult> {
    const { cluster, links } = this.#theStage();
    links.heal();
    this.#timeline.note("everything is healed, customers fall silent");
    await cluster.hub.stopTraffic();
    const history = await this.#rest(cluster);
    const judged = verdict(history, { isAtRest: this.#unrest === "" });
    this.#timeline.note(judged.isClean && this.#unrest === "" ? "clean" : "VIOLATED");
    this.#timeline.note(judgedLine(judged));
    const { print: _, ...options } = this.#options;
    return {
      options,
      startedAt: this.#startedAt,
      strikes: this.#strikes,
      skipped: [...this.#skipped].map(([name, why]) => ({ name, why })),
      timeline: this.#timeline.rows,
      deeds: cluster.deeds.facts,
      unrest: this.#unrest,
      verdict: judged,
      timings: timingsOf(history),
    };
  }

  async close(): Promise<void> {
    for (const end of this.#endings.toReversed()) await end();
  }

  #theStage(): Stage {
    if (this.#stage === undefined) throw new Error("the run has not started");
    return this.#stage;
  }

  #possible(stage: Stage, chosen: readonly Nemesis[]): Nemesis[] {
    return chosen.filter((nemesis) => {
      const why = nemesis.hindrance?.(stage) ?? null;
      if (why === null) return true;
      this.#skipped.set(nemesis.name, why);
      this.#timeline.note(`skipped: ${nemesis.name}: ${why}`);
      return false;
    });
  }

  async #strikeOnce(stage: Stage, nemesis: Nemesis): Promise<void> {
    this.#strikes[nemesis.name] = (this.#strikes[nemesis.name] ?? 0) + 1;
    await nemesis.strike(stage);
    // Something is shown again, whatever was done: what is stuck for ever is found here, with the nemesis that did it.
    await stage.flow(10);
    await stage.lasts(pauseMs.low + this.#chance.fraction() * (pauseMs.high - pauseMs.low));
    await readQuietly(stage.cluster);
  }

  async #rest(cluster: TestCluster): Promise<History> {
    try {
      return await atRest(cluster, restMsMax);
    } catch (caught) {
      this.#unrest = caught instanceof Error ? caught.message : String(caught);
      this.#timeline.note(`NOT AT REST: ${this.#unrest}`);
      return cluster.ledgers.history;
    }
  }

  #makeStage({
    cluster,
    links,
    smallDir,
    sentinel,
    redisCluster,
  }: StartedRedis & Pick<Stage, "cluster" | "links">): Stage {
    return {
      cluster,
      links,
      smallDir,
      sentinel,
      redisCluster,
      form: this.#options.form,
      redis: cluster.redis,
      chance: this.#chance,
      note: (what) => this.#timeline.note(what),
      lasts: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      flow: (count) => this.#flow(count),
      startTraffic: () => this.#startTraffic(cluster),
      add: async (app, { name = `guest-${++this.#guests}`, root, namespace } = {}) => {
        const env = { ...(await links.environmentOf(name, namespace?.address)), NODE_OPTIONS: `--import=${preload}` };
        // Every second member has a supervisor that proves its death.
        const isSupervised = /[02468]$/.test(name);
        const through = namespace && { through: ["ip", "netns", "exec", namespace.name] };
        const more = { ...(root !== undefined && { root }), ...through, name, env, isSupervised };
        return app === "worker" ? cluster.addWorker(more) : cluster.addDispatcher(more);
      },
    };
  }

  async #startTraffic(cluster: TestCluster): Promise<void> {
    const { seed, rate, conversations } = this.#options;
    await cluster.hub.startTraffic({ channel: "whatsapp", rate, conversations, seed: seed + this.#rounds++ });
  }

  #count(app: AppProcess): void {
    app.onEvent(({ event }) => {
      if (event === "message-shown") this.#shown++;
    });
  }

  async #flow(count: number): Promise<void> {
    const goal = this.#shown + count;
    await until(() => this.#shown >= goal, {
      timeoutMs: flowMsMax,
      everyMs: 20,
      describe: () => `only ${this.#shown} of ${goal} messages were shown: the cluster is stuck`,
    });
  }
}

/** Reads on, so that journals are read before their cap takes rows away; what is down is read the next time. */
async function readQuietly({ ledgers }: TestCluster): Promise<void> {
  await ledgers.read().catch(() => undefined);
}

/** A majority of a primary's replicas: both of two, or the one that a node of a cluster has. With one of two, a run lost messages. */
function durabilityFor(form: RedisFormName): unknown {
  return form === "single" ? "fsync" : { replicas: form === "sentinel" ? 2 : 1 };
}

/** One configuration for all, with each member's ways to its parts in its environment. */
function sectionsFor(form: RedisFormName): Record<string, Record<string, unknown>> {
  const chat = (index: number) => `http://\${CHAOS_HOST:-127.0.0.1}:\${CHAOS_CHAT_PORT_${index}:-${index}}/genesys`;
  const hub = {
    url: "http://${CHAOS_HOST:-127.0.0.1}:${CHAOS_HUB_PORT:-1}",
    "client-id": "dms",
    "client-secret": "${file:hub-client-secret}",
  };
  return {
    // Several servers name their addresses themselves: there nothing goes through a proxy.
    ...(form === "single" && { redis: { nodes: ["${CHAOS_HOST:-127.0.0.1}:${CHAOS_REDIS_PORT:-1}"] } }),
    cluster: { durability: durabilityFor(form) },
    chat: { servers: [chat(1), chat(2)] },
    "channel-whatsapp": { hub: { ...hub, "channel-id": "whatsapp" } },
    "chat-mock": { agents },
  };
}
