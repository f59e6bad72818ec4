import type { ConversationId, MemberId } from "@dms/protocol";
import type { ClusterEvent, Hub, Partitions, Registry } from "@dms/rules";
import { type Config, parseConfig, systemClock, systemRandom } from "@dms/runtime";
import { openStores, recordFields, type Stores } from "@dms/streams";
import { type RedisServer, startRedis } from "@dms/testkit";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { composeDispatcher } from "../app.ts";
import type { Dispatcher } from "../dispatcher.ts";
import { Fetcher } from "../fetcher.ts";
import { ScriptedLog } from "./scripted-log.ts";

export const channel = "whatsapp";
/** A second one, that a dispatcher has only when a test says so. */
export const otherChannel = "sms";
const cluster = "stage";

function configFor({ settings }: RedisServer): Config {
  const loaded = parseConfig(
    `settings: { app-name: stage, server-mode: dispatcher }
redis: { url: "redis://127.0.0.1:${settings.nodes[0]?.port}" }
cluster: { name: ${cluster}, partitions: 1, heartbeat-ms: 100, lease-ms: 20000, leader-check-ms: 20, proved-grace-ms: 0 }
chat: { timeout-ms: 50, servers: ["http://chat"] }
dispatcher: { retry-base-ms: 5, retry-max-ms: 20 }
channel-${channel}: { hub: { url: "http://hub", client-id: dms, client-secret: secret }, fetch-limit: 10 }
channel-${otherChannel}: { hub: { url: "http://hub", client-id: dms, client-secret: secret }, fetch-limit: 10 }
`,
    { env: {} },
  );
  if (!loaded.ok) throw new Error(loaded.faults.map(({ path, allowed }) => `${path}: ${allowed}`).join());
  return loaded.config;
}

/** Ports of one dispatcher as a test changes them. */
export interface Tweaks {
  partitions?: (real: Partitions) => Partial<Partitions>;
  registry?: (real: Registry) => Partial<Registry>;
  /** Its channels with their hubs; else the one channel with the stage's log. */
  hubs?: ReadonlyMap<string, Hub>;
}

/** One partition on a real Redis server, a scripted log, and dispatchers that end with the test. */
export class Stage {
  server!: RedisServer;
  stores!: Stores;
  redis!: ReturnType<RedisServer["client"]>;
  config!: Config;
  log = new ScriptedLog();
  readonly events: ClusterEvent[] = [];
  readonly #stops: (() => Promise<void>)[] = [];

  async open(): Promise<void> {
    this.server = await startRedis();
    this.config = configFor(this.server);
    this.redis = this.server.client();
    this.stores = await openStores({
      config: this.config,
      clock: systemClock,
      random: systemRandom,
      onNotice: () => undefined,
    });
  }

  async close(): Promise<void> {
    this.stores?.close();
    await this.server?.close();
  }

  async reset(): Promise<void> {
    this.log = new ScriptedLog();
    this.events.length = 0;
    await this.redis.flushall();
    const [, run = ""] = /run_id:(\w+)/.exec(await this.redis.info("server")) ?? [];
    await this.redis.hset(`dms:{${cluster}:0}:leader`, "run", run);
    await this.redis.hset(`dms:{${cluster}}:meta`, "run", run);
  }

  async clear(): Promise<void> {
    const stopped = Promise.all(this.#stops.splice(0).map((stop) => stop()));
    this.log.finish();
    await stopped;
  }

  saw<T extends ClusterEvent["type"]>(type: T): Extract<ClusterEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<ClusterEvent, { type: T }> => event.type === type);
  }

  /** A fetcher alone, on the real partitions as the test changes them. */
  fetcher(tweaks: Tweaks = {}): void {
    const stop = new AbortController();
    const fetcher = new Fetcher({
      channel,
      hub: this.log.hub,
      partitions: { ...this.stores.partitions, ...tweaks.partitions?.(this.stores.partitions) },
      partitionCount: 1,
      fetchLimit: 10,
      fetchWaitMs: 1000,
      retry: { baseMs: 5, maxMs: 20 },
      clock: systemClock,
      random: systemRandom,
      emit: (event) => this.events.push(event),
      admission: async () => undefined,
    });
    const done = fetcher.run(stop.signal);
    this.#stops.push(() => {
      stop.abort();
      return done;
    });
  }

  /** A whole dispatcher. */
  async dispatcher(name: string, tweaks: Tweaks = {}): Promise<Dispatcher> {
    const { registry, partitions } = this.stores;
    const dispatcher = composeDispatcher(
      {
        registry: { ...registry, ...tweaks.registry?.(registry) },
        partitions: { ...partitions, ...tweaks.partitions?.(partitions) },
        hubs: tweaks.hubs ?? new Map([[channel, this.log.hub]]),
        clock: systemClock,
        random: systemRandom,
        emit: (event) => this.events.push(event),
      },
      this.config,
      { name, address: "127.0.0.1:1", version: "1", instance: "" },
    );
    await dispatcher.start();
    this.#stops.push(() => dispatcher.stop());
    return dispatcher;
  }

  /** A worker as the registry knows it: nothing but its lease. */
  async join(member: string, leaseMs = 60_000, registry: Registry = this.stores.registry): Promise<MemberId> {
    const [name = ""] = member.split(".");
    const card = { member: member as MemberId, role: "worker", name, address: "", version: "", instance: "" } as const;
    await registry.join({ ...card, capacity: 100 });
    await this.redis.zadd(`dms:{${cluster}}:members`, await this.#fromNow(leaseMs), member);
    return member as MemberId;
  }

  /** Texts of the messages in a member's inbox, takeovers as `takeover`. */
  async inbox(member: string): Promise<string[]> {
    const rows = await this.redis.xrange(`dms:{${cluster}:0}:inbox:${member}`, "-", "+");
    return rows.map(([, [, header = "", , payload = "{}"]]) =>
      header.startsWith("t ") ? "takeover" : (JSON.parse(payload) as { text: string }).text,
    );
  }

  owner(conversation: string): Promise<string | null> {
    return this.redis.hget(
      `dms:{${cluster}:0}:conversation:${channel}:${conversation}` as ConversationId,
      recordFields.owner,
    );
  }

  async #fromNow(ms: number): Promise<number> {
    const [seconds = "0", micros = "0"] = (await this.redis.time()).map(String);
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000) + ms;
  }
}

/** The stage for the tests of one file. */
export function useStage(): Stage {
  const stage = new Stage();
  beforeAll(() => stage.open());
  beforeEach(() => stage.reset());
  afterEach(() => stage.clear());
  afterAll(() => stage.close());
  return stage;
}
