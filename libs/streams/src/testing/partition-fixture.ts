import assert from "node:assert/strict";
import { parseEntryHeader, type ConversationId, type Entry, type MemberId } from "@dms/protocol";
import type { AcceptReply, Clock, Holding, Leadership, Letters, Partitions, Random, Registry } from "@dms/rules";
import { systemClock } from "@dms/runtime";
import { type RedisServer, startRedis } from "@dms/testkit";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { makeKeys } from "../keys.ts";
import { makeLetters } from "../letter-store.ts";
import { makePartitions } from "../partition-store.ts";
import { readRecord } from "../record-fields.ts";
import { makeRegistry } from "../registry-store.ts";
import { channel, d1 } from "./cast.ts";
import { heldKeys, HeldWire } from "./held-wire.ts";
import { dumpKeys, type KeyDump } from "./key-dump.ts";

/** Time at the start of each test, in milliseconds. */
export const startMs = 1_000_000;
export const leaseMs = 3000;
const keys = makeKeys("test");

function countingRandom(): Random {
  let last = 0;
  return { token: () => `n${++last}`, fraction: () => 0 };
}

/** A rule in the text of a transition, and the text that takes its place. */
export interface Mutation {
  transition: string;
  rule: string;
  otherwise: string;
}

/**
 * One partition (0) and the registry on a real server, in held time, emptied before each test. The server's run is known
 * already, so no eviction barrier stands; ties between equal loads are broken by name; nonces are counted.
 */
export class PartitionFixture {
  readonly keys = keys;
  readonly prefix = keys.partition(0);
  /** The machine's clock, but for the time of day, which is held as the server's is. */
  readonly clock: Clock = { ...systemClock, wall: () => this.#now };
  server!: RedisServer;
  wire!: HeldWire;
  /** A plain connection for looking inside. */
  look!: Redis<"legacy">;
  partitions!: Partitions;
  registry!: Registry;
  letters!: Letters;
  #now = startMs;
  #sequence = 0;
  #token: string | null = null;

  async open(): Promise<void> {
    this.server = await startRedis();
    this.look = this.server.client();
    this.wire = new HeldWire({
      settings: this.server.settings,
      durability: "none",
      durabilityTimeoutMs: 1000,
      clock: this.clock,
      onNotice: () => undefined,
    });
    await this.wire.open();
  }

  async close(): Promise<void> {
    this.wire?.close();
    await this.server?.close();
  }

  async reset(): Promise<void> {
    const random = countingRandom();
    const options = { wire: this.wire, keys, partitions: 1, leaseMs, clock: this.clock, random };
    this.partitions = makePartitions(options);
    this.registry = makeRegistry(options);
    this.letters = makeLetters(options);
    this.wire.restore();
    this.#sequence = 0;
    this.#token = null;
    await this.look.flushall();
    await this.setTime(startMs);
    await this.setRun("run-1");
    await this.look.hset(`${this.prefix}leader`, "run", "run-1");
    await this.look.hset(`${keys.registry}meta`, "run", "run-1");
  }

  get now(): number {
    return this.#now;
  }

  async setTime(ms: number): Promise<void> {
    this.#now = ms;
    await this.look.set(heldKeys.clock, ms);
  }

  passTime(ms: number): Promise<void> {
    return this.setTime(this.#now + ms);
  }

  /** Another server answers from now on. */
  async setRun(run: string): Promise<void> {
    await this.look.set(heldKeys.run, run);
  }

  /** Takes or renews the partition's lease for the first dispatcher. */
  async lead(): Promise<Leadership> {
    const reply = await this.partitions.lead(0, d1, this.#token);
    if (reply.status !== "held") throw new Error(`somebody else leads: ${reply.holder}`);
    this.#token = reply.token;
    return { partition: 0, holder: d1, token: reply.token };
  }

  async admit(...members: MemberId[]): Promise<void> {
    const leadership = await this.lead();
    for (const member of members) await this.partitions.admit(leadership, member, "active");
  }

  /** Accepts one message for each payload, in one batch that follows on the one before. */
  give(conversation: ConversationId, ...payloads: string[]): Promise<AcceptReply> {
    const after = this.#sequence;
    this.#sequence += payloads.length;
    const messages = payloads.map((payload, index) => ({ sequence: after + index + 1, conversation, payload }));
    return this.partitions.accept(0, { channel, after, upTo: this.#sequence, isRestart: false, messages });
  }

  /** Evicts a member and moves all it has, as a leader does after its lease's end. */
  async failOver(member: MemberId, cause = "lease-ended", waitMs = 0): Promise<void> {
    await this.evict(member, cause, waitMs);
    await this.rehome(member, cause);
  }

  async evict(member: MemberId, cause = "lease-ended", waitMs = 0): Promise<void> {
    const reply = await this.partitions.evict(await this.lead(), member, { waitMs, cause });
    assert.equal(reply.status, "evicted");
  }

  async rehome(member: MemberId, cause = "lease-ended", count = 1000): Promise<void> {
    const reply = await this.partitions.rehome(await this.lead(), member, {
      count,
      cause,
      forget: false,
      sinceEndMs: 7,
    });
    assert.partialDeepStrictEqual(reply, { status: "rehomed", conversationsLeft: 0, entriesLeft: 0 });
  }

  async record(id: ConversationId): Promise<Record<string, string>> {
    const [fields, servers] = await Promise.all([
      this.look.hgetall(keys.conversation(0, id)),
      this.look.lrange(keys.servers(0), 0, -1),
    ]);
    return readRecord({ id, fields, servers });
  }

  /** The conversation as its present owner holds it. */
  async holding(conversation: ConversationId): Promise<Holding> {
    const { owner = "", grant = "" } = await this.record(conversation);
    return { partition: 0, member: owner as MemberId, conversation, grant };
  }

  async inbox(member: MemberId): Promise<Entry[]> {
    const rows = await this.look.xrange(keys.inbox(0, member), "-", "+");
    return rows.flatMap(([entryId, fields]) => {
      const header = parseEntryHeader(fields[1] ?? "");
      return header === null ? [] : [{ ...header, partition: 0, entryId, payload: fields[3] ?? "" }];
    });
  }

  /** Marks messages of one conversation settled; `shown` speaks of the session `chatId`. */
  async settle(
    holding: Holding,
    settled: { done: number; chatId?: string; shown?: number; entryIds?: string[] },
  ): Promise<string | undefined> {
    const count = { chatId: settled.chatId ?? "", shown: settled.shown ?? 0 };
    const { conversation, grant } = holding;
    const settlement = { conversation, grant, done: settled.done, session: count, entryIds: settled.entryIds ?? [] };
    const [reply] = await this.partitions.settle(0, holding.member, [settlement]);
    return reply;
  }

  /** Sessions of each placeable member, by which it is chosen. */
  async loads(): Promise<Record<string, number>> {
    const flat = (await this.look.call("zrange", `${this.prefix}load`, "0", "-1", "WITHSCORES")) as string[];
    return Object.fromEntries(flat.flatMap((member, index) => (index % 2 ? [] : [[member, Number(flat[index + 1])]])));
  }

  /** Dead letters as `[reason, conversation, seq, payload]`. */
  async deadLetters(): Promise<string[][]> {
    const rows = await this.look.xrange(keys.dead(0), "-", "+");
    return rows.map(([, fields]) => [fields[1] ?? "", fields[3] ?? "", fields[5] ?? "", fields[11] ?? ""]);
  }

  dump(): Promise<KeyDump> {
    return dumpKeys(this.look);
  }

  /** Runs `action` again and expects that the second run changes nothing; answers both replies. */
  async twice<Reply>(action: () => Promise<Reply>): Promise<[first: Reply, second: Reply]> {
    const first = await action();
    const before = await this.dump();
    const second = await action();
    assert.deepEqual(await this.dump(), before);
    return [first, second];
  }

  /** Runs `action` and expects that it changes nothing. */
  async unchanged<Reply>(action: () => Promise<Reply>): Promise<Reply> {
    const before = await this.dump();
    const reply = await action();
    assert.deepEqual(await this.dump(), before);
    return reply;
  }

  /**
   * Empties all, takes rules out of transitions' texts and runs `scenario`: what would happen without them. Throws when a
   * text has no such place any more, so that a mutation cannot come to nothing unseen.
   */
  async mutated<Outcome>(mutations: Mutation[], scenario: () => Promise<Outcome>): Promise<Outcome> {
    await this.reset();
    for (const { transition, rule, otherwise } of mutations) this.wire.without(transition, rule, otherwise);
    return scenario();
  }

  /** All keys as they are, for `rollBack`. */
  async snapshot(): Promise<Map<string, Buffer>> {
    const keys = await this.look.keys("*");
    const values = await Promise.all(keys.map((key) => this.look.dumpBuffer(key)));
    return new Map(keys.map((key, index) => [key, values[index] ?? Buffer.alloc(0)]));
  }

  /** Loses everything after a snapshot, as a fail-over to a replica that lagged does; held time goes on. */
  async rollBack(snapshot: Map<string, Buffer>): Promise<void> {
    await this.look.flushall();
    for (const [key, value] of snapshot) await this.look.restore(key, 0, value);
    await this.setTime(this.#now);
  }

  /** Runs `action` while the server refuses every command that takes memory. */
  async outOfMemory<Reply>(action: () => Promise<Reply>): Promise<Reply> {
    await this.look.config("SET", "maxmemory", "1");
    try {
      await assert.rejects(this.look.set("more", "memory"), /OOM/);
      return await action();
    } finally {
      await this.look.config("SET", "maxmemory", "0");
    }
  }
}

/** A partition for the tests of one file: one server, emptied before each test. */
export function usePartition(): PartitionFixture {
  const fixture = new PartitionFixture();
  beforeAll(() => fixture.open());
  beforeEach(() => fixture.reset());
  afterAll(() => fixture.close());
  return fixture;
}
