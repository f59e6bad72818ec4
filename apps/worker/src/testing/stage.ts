import assert from "node:assert/strict";
import type { MemberId } from "@dms/protocol";
import { conversationId, parseEntryHeader, unplaced } from "@dms/protocol";
import type { AcceptReply, Leadership } from "@dms/rules";
import { type Config, parseConfig, systemClock, systemRandom } from "@dms/runtime";
import { makeKeys, openStores, readRecord, type Stores } from "@dms/streams";
import { type RedisServer, startRedis } from "@dms/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, vi } from "vitest";
import { Actor, type Tweaks } from "./actor.ts";
import { channel, inbound, type Said } from "./cast.ts";
import { ScriptedChat } from "./scripted-chat.ts";
import { ScriptedHub } from "./scripted-hub.ts";

const cluster = "stage";
const keys = makeKeys(cluster);
const waitMs = 10_000;

/** Leases are long because tests end them by hand; everything that is waited for is short. */
function configFor({ settings }: RedisServer): Config {
  const loaded = parseConfig(
    `settings: { app-name: stage, server-mode: worker }
redis: { url: "redis://127.0.0.1:${settings.nodes[0]?.port}" }
cluster: { name: ${cluster}, partitions: 1, heartbeat-ms: 100, lease-ms: 20000 }
chat: { servers: ["http://chat"], timeout-ms: 50, answer-timeout-ms: 1000, poll-active-ms: 50, poll-idle-ms: 100, unknown-session-ms: 1000 }
worker: { retry-base-ms: 5, retry-max-ms: 20, missing-after-ms: 150, settle-linger-ms: 0, deliveries-max: 2 }
channel-${channel}: { hub: { url: "http://hub", client-id: dms, client-secret: secret }, receipts: never }
`,
    { env: {} },
  );
  if (!loaded.ok)
    throw new Error(loaded.faults.map(({ path, found, allowed }) => `${path} ${found} ${allowed}`).join());
  return loaded.config;
}

/**
 * One partition on a real Redis server, workers on it that share a scripted chat server and hub, and a leader and fetcher
 * that do what the test tells them, one transition at a time.
 */
export class Stage {
  server!: RedisServer;
  stores!: Stores;
  chat = new ScriptedChat();
  hub = new ScriptedHub();
  config!: Config;
  /** A plain connection for looking inside. */
  redis!: ReturnType<RedisServer["client"]>;
  readonly actors: Actor[] = [];
  #sequence = 0;
  #token: string | null = null;

  async open(): Promise<void> {
    this.server = await startRedis();
    this.config = configFor(this.server);
    this.redis = this.server.client();
    this.stores = await this.openStores("stage");
  }

  async close(): Promise<void> {
    this.stores?.close();
    await this.server?.close();
  }

  /** Connections under a name of their own, so that they can be cut alone. */
  openStores(clientName: string): Promise<Stores> {
    const config = { ...this.config, redis: { ...this.config.redis, clientName } };
    // Equal loads are broken by name: the leader's chance is none.
    const random = { ...systemRandom, fraction: () => 0 };
    return openStores({ config, clock: systemClock, random, onNotice: () => undefined });
  }

  async reset(): Promise<void> {
    this.chat = new ScriptedChat();
    this.hub = new ScriptedHub();
    this.#sequence = 0;
    this.#token = null;
    await this.redis.flushall();
    // The server's run is known already, so no eviction barrier stands.
    const [, run = ""] = /run_id:(\w+)/.exec(await this.redis.info("server")) ?? [];
    await this.redis.hset(`${keys.partition(0)}leader`, "run", run);
    await this.redis.hset(`${keys.registry}meta`, "run", run);
  }

  /** Every worker is gone after a test, whatever it came to. */
  clear(): void {
    for (const actor of this.actors) actor.kill();
    this.actors.length = 0;
  }

  /** Starts a worker and lets it in. */
  async hire(name: string, tweaks: Tweaks = {}): Promise<Actor> {
    const actor = new Actor(this, name, tweaks);
    this.actors.push(actor);
    await actor.start();
    await this.admit(actor);
    return actor;
  }

  async lead(): Promise<Leadership> {
    const holder = "leader.1" as MemberId;
    const reply = await this.stores.partitions.lead(0, holder, this.#token);
    if (reply.status !== "held") throw new Error("somebody else leads");
    this.#token = reply.token;
    return { partition: 0, holder, token: reply.token };
  }

  async admit(actor: Actor): Promise<void> {
    await this.stores.partitions.admit(await this.lead(), actor.member, "active");
  }

  async evict(member: MemberId, holdMs = 0): Promise<void> {
    await this.stores.partitions.evict(await this.lead(), member, { waitMs: holdMs, cause: "expired" });
  }

  async rehome(member: MemberId = unplaced, count = 1000): Promise<void> {
    const batch = { count, cause: "expired", forget: false };
    await this.stores.partitions.rehome(await this.lead(), member, batch);
  }

  /** The worker dies at once; then its conversations and entries move. New owners wait `holdMs` before they reconcile. */
  async failOver(actor: Actor, holdMs = 0): Promise<void> {
    actor.kill();
    await this.evict(actor.member, holdMs);
    await this.rehome(actor.member);
  }

  /** A leader asks the worker to hand conversations off. */
  async shed(actor: Actor, conversations: number): Promise<void> {
    await this.stores.registry.order(actor.member, { kind: "shed", conversations });
  }

  /** Customers of one conversation write, in one batch. */
  give(conversation: string, ...said: Said[]): Promise<AcceptReply> {
    const after = this.#sequence;
    const messages = said.map((each) => {
      const message = inbound(++this.#sequence, conversation, each);
      const id = conversationId(channel, conversation);
      return { sequence: message.sequence, conversation: id, payload: JSON.stringify(message) };
    });
    return this.stores.partitions.accept(0, { channel, after, upTo: this.#sequence, isRestart: false, messages });
  }

  /** The hub gives again what was not confirmed: the next `give` begins at this sequence. */
  giveAgainFrom(sequence: number): void {
    this.#sequence = sequence - 1;
  }

  async record(conversation: string): Promise<Record<string, string>> {
    const id = conversationId(channel, conversation);
    const [fields, servers] = await Promise.all([
      this.redis.hgetall(keys.conversation(0, id)),
      this.redis.lrange(keys.servers(0), 0, -1),
    ]);
    return readRecord({ id, fields, servers });
  }

  /** Waits until the test's expectation about Redis, chat or hub holds. */
  eventually(expectation: () => unknown): Promise<unknown> {
    return vi.waitFor(expectation, { timeout: waitMs, interval: 10 });
  }

  /** Waits until what customers were shown is this, by session. */
  async shows(sessions: Record<string, string[]>): Promise<void> {
    await this.eventually(() => assert.deepEqual(this.chat.shown, sessions));
  }

  /** Waits until customers got these texts and files, in this order. */
  async sends(...texts: string[]): Promise<void> {
    await this.eventually(() => assert.deepEqual(this.hub.sent, texts));
  }

  /** Waits until no inbox has an entry and every worker has settled what it read. */
  async rest(): Promise<void> {
    await this.eventually(async () => {
      assert.deepEqual(await this.entries(), []);
      const living = this.actors.filter(({ isAlive }) => isAlive);
      assert.ok(
        living.every(({ worker }) => worker.pending === 0),
        "entries are in hand",
      );
    });
  }

  /** Entries that lie in inboxes, as `member kind seq conversation`. */
  async entries(): Promise<string[]> {
    const inboxes = await this.redis.keys(`${keys.partition(0)}inbox:*`);
    const rows = await Promise.all(inboxes.map((key) => this.redis.xrange(key, "-", "+")));
    return rows.flatMap((inbox, i) =>
      inbox.map(([, fields]) => {
        const header = parseEntryHeader(fields[1] ?? "");
        const member = inboxes[i]?.split("inbox:")[1];
        return `${member} ${header?.kind} ${header?.seq} ${header?.conversation}`;
      }),
    );
  }

  /** Dead letters as `reason seq`. */
  async deadLetters(): Promise<string[]> {
    const rows = await this.redis.xrange(keys.dead(0), "-", "+");
    return rows.map(([, fields]) => `${fields[1]} ${fields[5]}`);
  }

  /** All keys as they are, for `rollBack`. */
  async snapshot(): Promise<Map<string, Buffer>> {
    const all = await this.redis.keys("*");
    const values = await Promise.all(all.map((key) => this.redis.dumpBuffer(key)));
    return new Map(all.map((key, i) => [key, values[i] ?? Buffer.alloc(0)]));
  }

  /** Loses everything after a snapshot, as a fail-over to a replica that lagged does; members keep their leases. */
  async rollBack(snapshot: Map<string, Buffer>): Promise<void> {
    const transaction = this.redis.multi().flushall();
    for (const [key, value] of snapshot) transaction.restore(key, 0, value);
    await transaction.exec();
  }

  /** Cuts a worker's connections; they come back by themselves. */
  async cut(actor: Actor): Promise<void> {
    const list = String(await this.redis.call("client", "list"));
    for (const line of list.split("\n")) {
      const [, id] = /^id=(\d+) /.exec(line) ?? [];
      if (id !== undefined && line.includes(` name=${actor.name}-`)) await this.redis.call("client", "kill", "id", id);
    }
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
