import type { Chat, Partitions } from "@dms/rules";
import {
  type Config,
  createLogger,
  createMetrics,
  parseConfig,
  systemClock as clock,
  systemRandom as random,
} from "@dms/runtime";
import { openStores, type Stores } from "@dms/streams";
import { composeWorker, observeWorker } from "@dms/worker";
import { LogHub } from "../ports/log-hub.ts";
import type { DispatchOrder } from "./contestant.ts";

/** Name of the cluster in Redis. */
export const clusterName = "bench";

/** More than any case has: the bounds are a matter of capacity, not of these measurements. */
const conversationsMax = 2_000_000;
const backlogMax = 400_000;
/** Where there are more, each is looked at as seldom as the chat server allows. */
const conversationsAtDefaultPace = 100_000;
const slowestPollMs = 39_000;

export function channelsOf({ channels }: DispatchOrder): string[] {
  return Array.from({ length: channels }, (_, i) => `c${i}`);
}

function configOf(order: DispatchOrder): Config {
  const hub = { url: "http://127.0.0.1:1", "client-id": "x", "client-secret": "x" };
  const isSlow = order.conversations > conversationsAtDefaultPace;
  const sections = {
    redis: order.redis,
    cluster: { name: clusterName, partitions: order.partitions, durability: order.durability },
    worker: { "sessions-max": conversationsMax },
    dispatcher: { "backlog-high": backlogMax, "backlog-low": backlogMax - 1 },
    ...Object.fromEntries(channelsOf(order).map((channel) => [`channel-${channel}`, { hub }])),
    ...(isSlow ? { chat: { "poll-idle-ms": slowestPollMs } } : {}),
  };
  const loaded = parseConfig(JSON.stringify(sections), { env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.config;
}

export interface Stand {
  config: Config;
  stores: Stores;
  identity: { name: string; address: string; version: string; instance: string };
}

/** One member's configuration, stores and name. */
export async function openStand(order: DispatchOrder, name: string): Promise<Stand> {
  const config = configOf(order);
  const stores = await openStores({ config, clock, random, onNotice: (notice) => console.error(notice) });
  return { config, stores, identity: { name, address: "127.0.0.1:0", version: "bench", instance: "" } };
}

/** Starts a worker over a chat port, and tells of each entry that Redis has answered as settled. */
export async function startWorker(
  order: DispatchOrder,
  { name, chat, onSettled }: { name: string; chat: Chat; onSettled: (entries: number) => void },
): Promise<void> {
  const { config, stores, identity } = await openStand(order, name);
  const logger = createLogger({ level: "warn", name });
  const { emit } = observeWorker(logger, createMetrics({ hasProcessMetrics: false }), clock);
  const partitions = countingSettled(stores.partitions, onSettled);
  const hubs = new Map(channelsOf(order).map((channel) => [channel, new LogHub(order, { every: 1, at: 0 })]));
  await composeWorker({ ...stores, partitions, chat, hubs, clock, random, emit }, config, identity).start();
}

function countingSettled(partitions: Partitions, onSettled: (entries: number) => void): Partitions {
  return {
    ...partitions,
    settle: async (partition, member, settlements) => {
      const statuses = await partitions.settle(partition, member, settlements);
      onSettled(settlements.reduce((sum, { entryIds }, i) => sum + (statuses[i] === "ok" ? entryIds.length : 0), 0));
      return statuses;
    },
  };
}

/** Waits until every partition's leader has let the workers in, so that no conversation begins without an owner. */
export async function placeable(order: DispatchOrder): Promise<void> {
  const { stores } = await openStand(order, "onlooker");
  for (let partition = 0; partition < order.partitions; ) {
    const { members } = await stores.partitions.inspect(partition);
    const active = members.filter(({ state }) => state === "active");
    if (active.length >= order.members) partition++;
    else await clock.sleep(20);
  }
  stores.close();
}
