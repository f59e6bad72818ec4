import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AppName, type AppOptions, type AppProcess, spawnApp } from "./app-process.ts";
import { type ChatAdmin, chatAdmin } from "./chat-admin.ts";
import { type Sections, writeClusterConfig } from "./cluster-config.ts";
import { until } from "./condition.ts";
import { DeedLog, watchRedis } from "./deeds.ts";
import { freePort } from "./free-port.ts";
import { type HubAdmin, hubAdmin } from "./hub-admin.ts";
import { lastWords } from "./last-words.ts";
import { Ledgers } from "./ledgers.ts";
import type { RedisForm } from "./redis-form.ts";
import { lookAt, type RedisLook } from "./redis-look.ts";
import { type RedisOptions, type RedisServer, startRedis } from "./redis-server.ts";
import { type RedisView, redisView } from "./redis-view.ts";

export interface ClusterOptions {
  workers: number;
  dispatchers: number;
  /** Processes that are both. */
  singles?: number;
  chatServers?: number;
  /** A server of the cluster's own, which can be killed; one that the caller has started, in any form; or a URL. */
  redis?: RedisOptions | RedisForm | { url: string };
  /** Options over those of the testkit, by section. */
  config?: Sections;
  channels?: readonly string[];
  /** The cluster's name; part of all its keys. */
  name?: string;
  partitions?: number;
  /** Runs dispatchers and workers under their supervisors. */
  isSupervised?: boolean;
  /** Where configuration, stores and logs go; a folder of its own by default, which goes with the cluster. */
  dir?: string;
  /** Told when a process is ready, with how long that took. */
  onReady?: (name: string, readyMs: number) => void;
  /** Told of each process when it is spawned, before its first log event. */
  onSpawn?: (app: AppProcess) => void;
}

export type MemberOptions = Pick<AppOptions, "args" | "env" | "root" | "through" | "isSupervised"> & { name?: string };

/** A whole cluster of real processes on this machine, with its mocks and its Redis. */
export interface TestCluster {
  readonly name: string;
  readonly dir: string;
  readonly configFile: string;
  readonly partitions: number;
  /** Undefined when the Redis is somebody else's. */
  readonly redis: RedisServer | undefined;
  /** How it is reached, as section `redis` of a configuration says it. */
  readonly redisSection: Readonly<Record<string, unknown>>;
  readonly view: RedisView;
  readonly ledgers: Ledgers;
  /** What is done to its processes and its Redis; part of the ledgers' history. */
  readonly deeds: DeedLog;
  readonly hub: HubAdmin;
  readonly chats: readonly ChatAdmin[];
  /** Every process that was ever started, by name: the latest of that name. */
  readonly apps: ReadonlyMap<string, AppProcess>;
  app(name: string): AppProcess;
  /** Starts one more, and waits until it is ready. */
  addWorker(options?: MemberOptions): Promise<AppProcess>;
  addDispatcher(options?: MemberOptions): Promise<AppProcess>;
  addSingle(options?: MemberOptions): Promise<AppProcess>;
  /** Starts `hub` or `chat-<n>` again at its port, or a member under its name; ends the former process first. */
  restart(name: string): Promise<AppProcess>;
  /** Ends everything at once and removes what it left. Safe to call twice. */
  stop(): Promise<void>;
}

const readyTimeoutMs = 60_000;

/** Starts a cluster and waits until every process is ready; leaves nothing behind when it cannot. */
export async function startCluster(options: ClusterOptions): Promise<TestCluster> {
  const cluster = new StartedCluster(options);
  try {
    await cluster.start();
    return cluster;
  } catch (caught) {
    await cluster.stop();
    throw caught;
  }
}

interface Launch {
  name: string;
  app: AppName;
  options: Omit<AppOptions, "app" | "configFile">;
}

class StartedCluster implements TestCluster {
  readonly name: string;
  readonly dir: string;
  readonly partitions: number;
  readonly chats: ChatAdmin[] = [];
  readonly apps = new Map<string, AppProcess>();
  readonly deeds = new DeedLog();
  redis: RedisServer | undefined;
  redisSection: Readonly<Record<string, unknown>> = {};
  configFile = "";
  readonly #options: ClusterOptions;
  readonly #launches = new Map<string, Launch>();
  readonly #counts = { worker: 0, dispatcher: 0, single: 0 };
  #parts: { hub: HubAdmin; view: RedisView; ledgers: Ledgers } | undefined;
  #isStopped = false;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.name = options.name ?? "dms";
    this.partitions = options.partitions ?? 8;
    this.dir = options.dir ?? mkdtempSync(join(tmpdir(), "dms-cluster-"));
    mkdirSync(this.dir, { recursive: true });
  }

  get hub(): HubAdmin {
    return this.#started().hub;
  }

  get view(): RedisView {
    return this.#started().view;
  }

  get ledgers(): Ledgers {
    return this.#started().ledgers;
  }

  async start(): Promise<void> {
    const { workers, dispatchers, singles = 0, chatServers = 1, channels = ["whatsapp"], config = {} } = this.#options;
    const look = await this.#startRedis();
    const hubPort = await freePort();
    const chatPorts: number[] = [];
    for (let index = 0; index < chatServers; index++) chatPorts.push(await freePort());
    const hubUrl = `http://127.0.0.1:${hubPort}`;
    const chatUrls = chatPorts.map((port) => `http://127.0.0.1:${port}`);
    const { dir, name: cluster, partitions, redisSection } = this;
    const places = { dir, cluster, partitions, redisSection, hubUrl, chatUrls, channels };
    this.configFile = writeClusterConfig(places, config);
    this.chats.push(...chatUrls.map(chatAdmin));
    const hub = hubAdmin(hubUrl);
    const view = redisView(look, { cluster, partitions });
    this.#parts = { hub, view, ledgers: new Ledgers({ hub, chats: this.chats, redis: view, channels }) };
    this.#parts.ledgers.history.deeds = this.deeds.facts;
    const mocks = [this.#launchAt("hub", "hub-mock", hubPort)];
    for (const [index, port] of chatPorts.entries()) mocks.push(this.#launchAt(`chat-${index + 1}`, "chat-mock", port));
    await Promise.all([
      ...mocks,
      ...Array.from({ length: dispatchers }, () => this.addDispatcher()),
      ...Array.from({ length: workers }, () => this.addWorker()),
      ...Array.from({ length: singles }, () => this.addSingle()),
    ]);
  }

  app(name: string): AppProcess {
    const known = this.apps.get(name);
    if (known === undefined) throw new Error(`there is no process ${name}: ${[...this.apps.keys()].join(", ")}`);
    return known;
  }

  addWorker(options: MemberOptions = {}): Promise<AppProcess> {
    return this.#addMember("worker", options);
  }

  addDispatcher(options: MemberOptions = {}): Promise<AppProcess> {
    return this.#addMember("dispatcher", options);
  }

  addSingle(options: MemberOptions = {}): Promise<AppProcess> {
    return this.#addMember("single", options);
  }

  async restart(name: string): Promise<AppProcess> {
    const launch = this.#launches.get(name);
    if (launch === undefined) throw new Error(`there is no process ${name}`);
    await this.app(name).destroy();
    return this.#launch(launch);
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.deeds.isOver = true;
    await Promise.all([...this.apps.values()].map((app) => app.destroy()));
    const isForeign = this.redis === undefined;
    if (isForeign) await this.#parts?.view.clear().catch(() => undefined);
    this.#parts?.view.close();
    await this.redis?.close();
    if (this.#options.dir === undefined) rmSync(this.dir, { recursive: true, force: true });
  }

  #started(): { hub: HubAdmin; view: RedisView; ledgers: Ledgers } {
    if (this.#parts === undefined) throw new Error("the cluster has not started");
    return this.#parts;
  }

  async #startRedis(): Promise<RedisLook> {
    const { redis = {}, onReady } = this.#options;
    if ("url" in redis) {
      this.redisSection = { url: redis.url };
      return lookAt(redis.url);
    }
    if ("section" in redis) {
      this.redisSection = redis.section;
      return redis.look();
    }
    const startedAt = performance.now();
    this.redis = watchRedis(await startRedis(redis), this.deeds);
    this.redisSection = this.redis.section;
    onReady?.("redis", performance.now() - startedAt);
    return this.redis.look();
  }

  #launchAt(name: string, app: AppName, port: number): Promise<AppProcess> {
    return this.#launch({ name, app, options: { args: ["--name", name, "--http-port", String(port)] } });
  }

  #addMember(
    app: "worker" | "dispatcher" | "single",
    { name: wanted, args = [], ...options }: MemberOptions,
  ): Promise<AppProcess> {
    const name = wanted ?? `${app}-${++this.#counts[app]}`;
    const isSupervised = options.isSupervised ?? this.#options.isSupervised ?? false;
    return this.#launch({ name, app, options: { ...options, isSupervised, args: ["--name", name, ...args] } });
  }

  async #launch(launch: Launch): Promise<AppProcess> {
    const { name, app, options } = launch;
    if (this.#isStopped) throw new Error("the cluster has stopped");
    this.#launches.set(name, launch);
    const startedAt = performance.now();
    const logFile = join(this.dir, `${name}.log`);
    const started = spawnApp({ ...options, app, configFile: this.configFile, logFile });
    this.apps.set(name, started);
    this.deeds.watch(started, { isSupervised: options.isSupervised ?? false });
    this.#options.onSpawn?.(started);
    const keptLog = this.#options.dir === undefined ? null : logFile;
    // What runs in a network of its own cannot be asked from here.
    const isUp = options.through === undefined ? () => isReady(started.port) : () => hasJoined(started);
    await until(async () => !started.isRunning || (started.port > 0 && (await isUp())), {
      timeoutMs: readyTimeoutMs,
      describe: () => `${name} is not ready: ${lastWords(started, keptLog)}`,
    });
    if (!started.isRunning) {
      const { code, signal } = await started.exited;
      throw new Error(`${name} exited with ${code ?? signal} before it was ready: ${lastWords(started, keptLog)}`);
    }
    this.deeds.isReady(name);
    this.#options.onReady?.(name, performance.now() - startedAt);
    return started;
  }
}

function hasJoined({ events }: AppProcess): boolean {
  return events.some(({ event }) => event === "member-joined");
}

async function isReady(port: number): Promise<boolean> {
  const asked = fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(1000) });
  // What does not answer says in its log why.
  const response = await asked.catch(() => null);
  await response?.body?.cancel();
  return response?.ok ?? false;
}
