import type { ConversationId } from "@dms/protocol";
import type { Redis } from "ioredis";
import { makeKeys } from "../../keys.ts";
import { readRecord } from "../../record-fields.ts";
import { type Script, type ScriptReply, withText } from "../../script.ts";
import { heldKeys, withHeldTime } from "../held-wire.ts";
import type { Mutation } from "../partition-fixture.ts";
import type { Fields, PartitionState, Row } from "./partition-state.ts";

const prefix = makeKeys("model").partition(0);

// One call reads the whole partition: a step costs one round trip, so that thousands of runs fit into seconds.
const dump = `
local base, reply = KEYS[1], {}
local readers = {
  hash = function(key) return redis.call('HGETALL', key) end,
  list = function(key) return redis.call('LRANGE', key, 0, -1) end,
  set = function(key) return redis.call('SMEMBERS', key) end,
  zset = function(key) return redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end,
  stream = function(key) return redis.call('XRANGE', key, '-', '+') end,
  string = function(key) return { redis.call('GET', key) } end,
}
for _, key in ipairs(redis.call('KEYS', '*')) do
  if string.sub(key, 1, #base) == base then
    reply[#reply + 1] = { string.sub(key, #base + 1), readers[redis.call('TYPE', key).ok](key) }
  end
end
return reply`;

type Flat = string[];
type StreamRow = [entryId: string, fields: Flat];

function pairs(flat: Flat): [string, string][] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ""] as [string, string]] : []));
}

const fields = (value: unknown): Fields => Object.fromEntries(pairs(value as Flat));

/** The values of each row, without their names, in the order in which the scripts write them. */
const lines = (value: unknown): string[] =>
  (value as StreamRow[]).map(([, flat]) =>
    pairs(flat)
      .map(([, text]) => text)
      .join("|"),
  );

const rows = (value: unknown): Row[] =>
  (value as StreamRow[]).map(([entryId, flat]) => ({ entryId, header: flat[1] ?? "", payload: flat[3] ?? "" }));

type Readers = Record<string, (state: PartitionState, value: unknown, rest: string) => void>;

const readers: Readers = {
  epoch: (state, value) => void (state.epoch = Number((value as string[])[0])),
  taken: (state, value, channel) => void (state.taken[channel] = Number((value as string[])[0])),
  conversation: (state, value, id) => void (state.records[id] = fields(value)),
  servers: (state, value) => void (state.servers = value as string[]),
  inbox: (state, value, member) => void (state.inboxes[member] = rows(value)),
  owned: (state, value, member) => void (state.owned[member] = value as string[]),
  workers: (state, value) => void (state.workers = fields(value)),
  load: (state, value) =>
    void (state.load = Object.fromEntries(pairs(value as Flat).map(([member, score]) => [member, Number(score)]))),
  dead: (state, value) => void (state.dead = lines(value)),
  journal: (state, value) => void (state.journal = lines(value)),
  leader: (state, value) => void (state.leader = fields(value)),
  counts: (state, value) => void (state.counts = fields(value)),
};

/** The real scripts on a real server, one partition, in held time. */
export class RealPartition {
  readonly #client: Redis<"legacy">;
  readonly #mutation: Mutation | undefined;
  #dumpSha: string | undefined;
  readonly #held = new Map<string, Script<unknown, unknown>>();

  /** `mutation` takes a rule out of one transition, to show that a check would see it. */
  constructor(client: Redis<"legacy">, mutation?: Mutation) {
    this.#client = client;
    this.#mutation = mutation;
  }

  async reset(time: { now: number; run: string }): Promise<void> {
    await this.#client.pipeline().flushall().mset(heldKeys.clock, time.now, heldKeys.run, time.run).exec();
  }

  /** Sets the time, runs one transition and reads everything, in one round trip. */
  async run<Request, Reply>(
    script: Script<Request, Reply>,
    request: Request,
    time: { now: number; run: string },
  ): Promise<{ reply: Reply; state: PartitionState }> {
    const held = await this.#hold(script);
    // By name: sending the texts anew at each step took more time than all the rest.
    this.#dumpSha ??= (await this.#client.script("LOAD", dump)) as string;
    const replies = await this.#client
      .pipeline()
      .mset(heldKeys.clock, time.now, heldKeys.run, time.run)
      .evalsha(held.sha, 1, prefix, ...held.encode(request))
      .evalsha(this.#dumpSha, 1, prefix)
      .exec();
    const [, answered, dumped] = replies ?? [];
    const error = answered?.[0] ?? dumped?.[0];
    if (error) throw error;
    return { reply: held.decode(answered?.[1] as ScriptReply, request), state: this.#read(dumped?.[1], time) };
  }

  /** Takes a row out of an inbox, as no transition would. */
  async loseRow(member: string, entryId: string): Promise<void> {
    await this.#client.xdel(`${prefix}inbox:${member}`, entryId);
  }

  #read(dumped: unknown, time: { now: number; run: string }): PartitionState {
    const nothing = {
      taken: {},
      records: {},
      inboxes: {},
      owned: {},
      workers: {},
      load: {},
      leader: {},
      counts: {},
      servers: [],
    };
    const state: PartitionState = { ...time, epoch: 0, ...nothing, dead: [], journal: [] };
    for (const [key, value] of dumped as [string, unknown][]) {
      const [, kind = "", rest = ""] = /^(\w+):?(.*)$/s.exec(key) ?? [];
      const read = readers[kind];
      if (read === undefined) throw new Error(`a key that the model does not know: ${key}`);
      read(state, value, rest);
    }
    const { servers } = state;
    for (const [id, stored] of Object.entries(state.records)) {
      state.records[id] = readRecord({ id: id as ConversationId, fields: stored, servers });
    }
    return state;
  }

  async #hold<Request, Reply>(script: Script<Request, Reply>): Promise<Script<Request, Reply>> {
    const known = this.#held.get(script.name);
    if (known !== undefined) return known as Script<Request, Reply>;
    const { transition, rule = "", otherwise = "" } = this.#mutation ?? {};
    const isMutated = transition === script.name;
    const held = withHeldTime(isMutated ? withText(script, (text) => text.replaceAll(rule, otherwise)) : script);
    await this.#client.script("LOAD", held.text);
    this.#held.set(script.name, held as Script<unknown, unknown>);
    return held;
  }
}
