import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RedisSettings } from "@dms/runtime";
import { Redis } from "ioredis";
import { until } from "./condition.ts";
import type { RedisForm } from "./redis-form.ts";
import { openLook, type RedisLook, tlsOf } from "./redis-look.ts";
import { RedisProcess } from "./redis-process.ts";
import { startReplicaSet } from "./redis-replication.ts";
import { placeArgs, type RedisOptions, type RedisServer, type ServerTls, tlsSection } from "./redis-server.ts";

export interface SentinelOptions {
  replicas?: number;
  sentinels?: number;
  /** How long a server must be silent until a sentinel calls it down. */
  downAfterMs?: number;
  /** Options of each server. */
  server?: RedisOptions;
  /** What the sentinels ask of their clients, and of one another. */
  password?: string;
}

/** One sentinel process. */
export interface Sentinel {
  readonly port: number;
  kill(): Promise<void>;
  start(): Promise<void>;
  freeze(): void;
  thaw(): void;
}

/** A primary, its replicas and the sentinels that watch them, each a real process. */
export interface SentinelSet extends RedisForm {
  readonly groupName: string;
  /** Every server, whatever its role is now. */
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly Sentinel[];
  /** The server that the sentinels name as primary. */
  primary(): Promise<RedisServer>;
  /** The others. */
  replicas(): Promise<RedisServer[]>;
  /** Waits until the sentinels name another primary than `former`, and it is writable. Answers it. */
  awaitFailOver(former: RedisServer): Promise<RedisServer>;
  /** Asks for a planned fail-over, and waits for it. */
  failOver(): Promise<RedisServer>;
}

const groupName = "dms";
const failOverMsMax = 60_000;
/**
 * Sentinels look and talk ten times as often as in production, so that tests need not wait for them, and a loaded machine does
 * not make them stand back for half a minute.
 */
const hurry = ["info-period", "300", "ping-period", "100", "ask-period", "100", "publish-period", "200"];
const calm = ["tilt-trigger", "20000", "tilt-period", "500"];

/** Starts a Sentinel set on 127.0.0.1 and waits until every sentinel knows all servers and all sentinels. */
export async function startSentinelSet(options: SentinelOptions = {}): Promise<SentinelSet> {
  const { replicas = 2, sentinels: count = 3, downAfterMs = 800 } = options;
  const servers = await startReplicaSet(replicas, options.server);
  const set = new StartedSentinelSet(servers, options);
  try {
    for (let index = 0; index < count; index++) await set.addSentinel(downAfterMs, Math.floor(count / 2) + 1);
    await set.awaitAgreement();
    return set;
  } catch (caught) {
    await set.close();
    throw caught;
  }
}

class StartedSentinelSet implements SentinelSet {
  readonly groupName = groupName;
  readonly servers: readonly RedisServer[];
  readonly sentinels: RedisProcess[] = [];
  readonly #dir = mkdtempSync(join(tmpdir(), "dms-sentinel-"));
  readonly #looks = new Set<RedisLook>();

  readonly #tls: ServerTls | undefined;
  readonly #password: string | undefined;

  constructor(servers: readonly RedisServer[], { server, password }: SentinelOptions) {
    this.servers = servers;
    this.#tls = server?.tls;
    this.#password = password;
  }

  get settings(): RedisSettings {
    const [first] = this.servers;
    if (first === undefined) throw new Error("a set has servers");
    const nodes = this.sentinels.map(({ port }) => ({ host: "127.0.0.1", port }));
    const password = this.#password === undefined ? {} : { sentinelPassword: this.#password };
    return { ...first.settings, ...password, mode: "sentinel", nodes, masterName: groupName };
  }

  get section(): Record<string, unknown> {
    const nodes = this.settings.nodes.map(({ host, port }) => `${host}:${port}`);
    return { mode: "sentinel", nodes, "master-name": groupName, ...(this.#tls && { tls: tlsSection(this.#tls) }) };
  }

  look(): RedisLook {
    const look = openLook(this.settings);
    this.#looks.add(look);
    return look;
  }

  async addSentinel(downAfterMs: number, quorum: number): Promise<void> {
    const file = join(this.#dir, `sentinel-${this.sentinels.length + 1}.conf`);
    writeFileSync(
      file,
      `sentinel monitor ${groupName} 127.0.0.1 ${this.servers[0]?.port} ${quorum}
sentinel down-after-milliseconds ${groupName} ${downAfterMs}
sentinel failover-timeout ${groupName} 1500
sentinel parallel-syncs ${groupName} 2
${this.#password === undefined ? "" : `requirepass ${this.#password}\nsentinel sentinel-pass ${this.#password}\n`}`,
    );
    const sentinel = new RedisProcess({
      argsAt: (port) => [file, "--sentinel", ...placeArgs(port, this.#dir, this.#tls)],
      readyText: "+monitor",
      onProcessExit: () => rmSync(this.#dir, { recursive: true, force: true }),
    });
    this.sentinels.push(sentinel);
    await sentinel.start();
    await this.#ask(sentinel.port, ["debug", ...hurry, ...calm]);
  }

  async awaitAgreement(): Promise<void> {
    const { length } = this.servers;
    await until(
      async () => {
        for (const { port } of this.sentinels) {
          const replicas = (await this.#ask(port, ["replicas", groupName])) as unknown[];
          const others = (await this.#ask(port, ["sentinels", groupName])) as unknown[];
          if (replicas.length !== length - 1 || others.length !== this.sentinels.length - 1) return false;
        }
        return true;
      },
      { timeoutMs: failOverMsMax, describe: () => "the sentinels do not know one another yet" },
    );
  }

  async primary(): Promise<RedisServer> {
    const port = await this.#namedPort();
    const primary = this.servers.find((server) => server.port === port);
    if (primary === undefined) throw new Error(`the sentinels name port ${port}, which is none of the set`);
    return primary;
  }

  async replicas(): Promise<RedisServer[]> {
    const primary = await this.primary();
    return this.servers.filter((server) => server !== primary);
  }

  async awaitFailOver(former: RedisServer): Promise<RedisServer> {
    await until(
      async () => {
        const now = await this.primary();
        const role = (await askAt(this.settings, now.port, { args: ["role"] })) as string[];
        return now !== former && role[0] === "master";
      },
      { timeoutMs: failOverMsMax, describe: () => `${former.port} is still the primary` },
    );
    return this.primary();
  }

  async failOver(): Promise<RedisServer> {
    const former = await this.primary();
    await until(async () => (await this.#ask(this.sentinels[0]?.port ?? 0, ["failover", groupName])) === "OK", {
      timeoutMs: failOverMsMax,
      describe: () => "the sentinels refuse a planned fail-over",
    });
    return this.awaitFailOver(former);
  }

  async close(): Promise<void> {
    for (const look of this.#looks) look.disconnect();
    for (const sentinel of this.sentinels) {
      await sentinel.end("SIGKILL");
      sentinel.release();
    }
    for (const server of this.servers) await server.close();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #ask(port: number, question: string[]): Promise<unknown> {
    return askAt(this.settings, port, { args: ["sentinel", ...question], password: this.#password });
  }

  /** What most of the sentinels that answer say. */
  async #namedPort(): Promise<number> {
    const asked = this.sentinels.map(({ port }) => this.#ask(port, ["get-master-addr-by-name", groupName]));
    const answers = (await Promise.allSettled(asked)).flatMap((answer) =>
      answer.status === "fulfilled" && Array.isArray(answer.value) ? [Number(answer.value[1])] : [],
    );
    const votes = [...Map.groupBy(answers, (port) => port)].toSorted(([, a], [, b]) => b.length - a.length);
    const [first] = votes;
    if (first === undefined) throw new Error("no sentinel answers");
    return first[0];
  }
}

/** One question to one sentinel or server, on a connection of its own. */
async function askAt(
  settings: RedisSettings,
  port: number,
  { args, password }: { args: string[]; password?: string | undefined },
): Promise<unknown> {
  const client = new Redis<"legacy">({
    host: "127.0.0.1",
    port,
    ...tlsOf(settings),
    ...(password && { password }),
    retryStrategy: () => null,
    commandTimeout: 1000,
    enableReadyCheck: false,
  });
  client.on("error", () => undefined);
  try {
    const [command = "", ...rest] = args;
    return await client.call(command, ...rest);
  } finally {
    client.disconnect();
  }
}
