import { type RedisServer, startRedis } from "@dms/testkit";
import { hire, type CrewMember } from "../crew.ts";
import type { DispatchOrder } from "../dispatch/contestant.ts";
import { clusterName } from "../dispatch/stand.ts";
import { cpuBetween, readCpu } from "../measuring/cpu.ts";

export const partitions = 8;
const openMsMax = 600_000;

export function orderFor(redis: RedisServer, conversations: number, messages = conversations): DispatchOrder {
  return {
    redis: { url: `redis://127.0.0.1:${redis.port}` },
    redisPort: redis.port,
    warm: messages,
    measured: 0,
    conversations,
    partitions,
    durability: "none",
    channels: 1,
    members: 1,
  };
}

export function hireHolder(order: DispatchOrder): CrewMember {
  const nodeArgs = ["--expose-gc", "--max-old-space-size=12000"];
  return hire({ module: new URL("holder.ts", import.meta.url), role: "holder", order, nodeArgs });
}

export function hireDispatcher(order: DispatchOrder): CrewMember {
  const module = new URL("../dispatch/contestants/cluster.ts", import.meta.url);
  return hire({ module, role: "producer", order });
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until a holder has shown and settled so many messages. */
export async function untilShown(holder: CrewMember, messages: number): Promise<void> {
  const giveUpAt = performance.now() + openMsMax;
  while (true) {
    holder.say("count");
    const { shown = 0, removed = 0, doubled = 0 } = await holder.heard("counts", openMsMax);
    if (doubled > 0) throw new Error(`${doubled} messages were shown twice`);
    if (shown >= messages && removed >= messages) return;
    if (performance.now() > giveUpAt) throw new Error(`only ${shown} of ${messages} messages were shown`);
    await pause(20);
  }
}

/** Bytes of Redis, without the journal: it is capped, and holds the same for any number of conversations. */
async function redisBytes(redis: RedisServer): Promise<number> {
  const client = redis.client();
  const used = /used_memory:(\d+)/.exec(await client.info("memory"))?.[1];
  let journal = 0;
  for (let partition = 0; partition < partitions; partition++) {
    const key = `dms:{${clusterName}:${partition}}:journal`;
    journal += Number((await client.call("memory", "usage", key, "samples", 0)) ?? 0);
  }
  client.disconnect();
  return Number(used) - journal;
}

async function weigh(holder: CrewMember): Promise<{ heapUsed: number; rss: number; polls: number }> {
  holder.say("weigh");
  const { heapUsed = 0, rss = 0, polls = 0 } = await holder.heard("weight");
  return { heapUsed, rss, polls };
}

export interface Weight {
  conversations: number;
  redisBytesEach: number;
  heapBytesEach: number;
  rssMiB: number;
  openedPerSecond: number;
  pollsPerSecond: number;
  /** Microseconds of processor time a poll, the port's own share included. */
  pollUs: number;
  /** Share of one processor core that the worker uses while nothing happens. */
  idleShare: number;
}

const firstConversations = 2000;
const settledMs = 1000;
const idleMs = 10_000;

/** Opens so many conversations at one worker, one message each, lets them be, and weighs them. */
export async function weighConversations(conversations: number): Promise<Weight> {
  const redis = await startRedis();
  const order = orderFor(redis, conversations);
  const holder = hireHolder(order);
  const dispatcher = hireDispatcher(order);
  try {
    await Promise.all([holder.heard("ready"), dispatcher.heard("ready")]);
    // The first ones compile the code, fill the script cache and grow the buffers; what they cost is not theirs.
    dispatcher.say("go", { upTo: firstConversations });
    await untilShown(holder, firstConversations);
    await pause(settledMs);
    const [emptyRedis, empty] = [await redisBytes(redis), await weigh(holder)];
    const startedAt = performance.now();
    const opened = conversations - firstConversations;
    dispatcher.say("go", { upTo: conversations });
    await untilShown(holder, conversations);
    const openMs = performance.now() - startedAt;
    await pause(settledMs);
    const [fullRedis, full] = [await redisBytes(redis), await weigh(holder)];
    const before = readCpu({ holder: holder.pid });
    await pause(idleMs);
    const { wallMs, cpu } = cpuBetween(before, readCpu({ holder: holder.pid }));
    const polls = (await weigh(holder)).polls - full.polls;
    return {
      conversations,
      redisBytesEach: (fullRedis - emptyRedis) / opened,
      heapBytesEach: (full.heapUsed - empty.heapUsed) / opened,
      rssMiB: full.rss / 2 ** 20,
      openedPerSecond: (opened * 1000) / openMs,
      pollsPerSecond: (polls * 1000) / wallMs,
      pollUs: ((cpu["holder"] ?? 0) * 1000) / polls,
      idleShare: (cpu["holder"] ?? 0) / wallMs,
    };
  } finally {
    await Promise.all([dispatcher.end(), holder.end()]);
    await redis.close();
  }
}
