import { startRedis, startReplicaSet, type RedisServer } from "@dms/testkit";
import type { Case, CaseOptions, CaseResult, Table } from "../case.ts";
import { type Figure, figureOf } from "../measuring/figures.ts";
import { type DispatchFigures, runOnce } from "./one-run.ts";
import type { DispatchOrder } from "./contestant.ts";

interface Entrant {
  name: string;
  contestant: string;
  durability: string;
  /** What it promises beyond bringing messages over. */
  gives: string;
  /** Messages of a full measurement: about as many as it moves in five seconds. */
  messages: number;
}

const none = "at least once, order with one consumer";
const entrants: readonly Entrant[] = [
  {
    name: "conversation dispatcher",
    contestant: "cluster",
    durability: "none",
    gives: "exactly once into Redis, order, stickiness, fencing, fail-over in seconds",
    messages: 120_000,
  },
  {
    name: "BullMQ",
    contestant: "bullmq",
    durability: "none",
    gives: "at least once, no order, retries",
    messages: 16_000,
  },
  { name: "consumer group", contestant: "consumer-group", durability: "none", gives: none, messages: 100_000 },
  {
    name: "consumer group, acknowledged in bulk",
    contestant: "consumer-group-bulk",
    durability: "none",
    gives: none,
    messages: 120_000,
  },
  { name: "bare stream (floor)", contestant: "bare-stream", durability: "none", gives: "nothing", messages: 120_000 },
  {
    name: "conversation dispatcher, replicas: 1",
    contestant: "cluster",
    durability: "replicas: 1",
    gives: "the same, and no loss with a replica's help",
    messages: 120_000,
  },
  {
    name: "conversation dispatcher, fsync",
    contestant: "cluster",
    durability: "fsync",
    gives: "the same, and no loss with the server's disk",
    messages: 120_000,
  },
];

const conversations = 1000;

/** The servers of a run: fresh for each, so that nothing of another contestant is left. */
async function serversFor(durability: string): Promise<RedisServer[]> {
  if (durability === "replicas: 1") return startReplicaSet(1);
  return [await startRedis(durability === "fsync" ? { appendOnly: "always" } : {})];
}

async function measure(entrant: Entrant, options: CaseOptions): Promise<DispatchFigures> {
  const servers = await serversFor(entrant.durability);
  const [primary, replica] = servers;
  if (primary === undefined) throw new Error("no Redis server was started");
  const measured = options.isQuick ? entrant.messages / 4 : entrant.messages;
  const order: DispatchOrder = {
    redis: { url: `redis://127.0.0.1:${primary.port}` },
    redisPort: primary.port,
    warm: Math.round(measured / 3),
    measured,
    conversations,
    partitions: 8,
    durability: entrant.durability,
    channels: 1,
    members: 1,
  };
  const pids = { redis: primary.pid ?? 0, ...(replica === undefined ? {} : { replica: replica.pid ?? 0 }) };
  try {
    return await runOnce({ contestant: entrant.contestant, order, servers: pids, profileDir: options.profileDir });
  } finally {
    for (const server of servers.toReversed()) await server.close();
  }
}

interface Summary {
  entrant: Entrant;
  rate: Figure;
  total: Figure;
  parts: Record<string, Figure>;
  faults: string[];
  disordered: number;
}

function summarise(entrant: Entrant, runs: readonly DispatchFigures[]): Summary {
  const faults = runs.flatMap(({ fault }) => (fault === null ? [] : [fault]));
  // A fast wrong run counts as zero.
  const rates = runs.map(({ messagesPerSecond, fault }) => (fault === null ? messagesPerSecond : 0));
  const names = Object.keys(runs[0]?.cpuUs ?? {});
  return {
    entrant,
    rate: figureOf(rates),
    total: figureOf(runs.map(({ cpuUs }) => names.reduce((sum, name) => sum + (cpuUs[name] ?? 0), 0))),
    parts: Object.fromEntries(names.map((name) => [name, figureOf(runs.map(({ cpuUs }) => cpuUs[name] ?? 0))])),
    faults,
    disordered: Math.max(...runs.map(({ disordered }) => disordered)),
  };
}

function spread({ median, least, greatest }: Figure, digits = 0): string {
  return `${median.toFixed(digits)} (${least.toFixed(digits)}–${greatest.toFixed(digits)})`;
}

function tableOf(summaries: readonly Summary[]): Table {
  return {
    title: "Messages a second, and processor time a message (µs): median (least–greatest)",
    head: [
      "contestant",
      "gives",
      "messages/s",
      "producer",
      "consumer",
      "redis-server",
      "total CPU",
      "out of order",
      "wrong runs",
    ],
    rows: summaries.map(({ entrant, rate, total, parts, faults, disordered }) => {
      const server = [parts["redis"], parts["replica"]].filter((figure) => figure !== undefined);
      return [
        entrant.name,
        entrant.gives,
        spread(rate),
        ...["producer", "consumer"].map((name) => parts[name]?.median.toFixed(1) ?? ""),
        server.map(({ median }) => median.toFixed(1)).join(" + "),
        spread(total, 1),
        String(disordered),
        faults.length === 0 ? "none" : faults.join("; "),
      ];
    }),
  };
}

async function run(options: CaseOptions): Promise<CaseResult> {
  const repeats = options.isQuick ? 2 : 3;
  const figures = new Map<Entrant, DispatchFigures[]>();
  for (let repeat = 1; repeat <= repeats; repeat++) {
    for (const entrant of entrants) {
      const found = await measure(entrant, options);
      figures.set(entrant, [...(figures.get(entrant) ?? []), found]);
      const cpu = Object.entries(found.cpuUs).map(([name, us]) => `${name} ${us.toFixed(1)}`);
      options.say(
        `${repeat}/${repeats} ${entrant.name}: ${found.messagesPerSecond.toFixed(0)} messages/s, µs a message: ${cpu.join(", ")}${found.fault === null ? "" : `, WRONG: ${found.fault}`}`,
      );
    }
  }
  return resultOf(
    entrants.map((entrant) => summarise(entrant, figures.get(entrant) ?? [])),
    repeats,
  );
}

function resultOf(summaries: readonly Summary[], repeats: number): CaseResult {
  const of = (contestant: string): Summary => {
    const found = summaries.find(({ entrant }) => entrant.contestant === contestant);
    if (found === undefined) throw new Error(`no figures of ${contestant}`);
    return found;
  };
  const [ours, bullmq, group, bulk, floor] = [
    "cluster",
    "bullmq",
    "consumer-group",
    "consumer-group-bulk",
    "bare-stream",
  ].map(of) as [Summary, Summary, Summary, Summary, Summary];
  const ratios = {
    "throughput, of BullMQ's": ours.rate.median / bullmq.rate.median,
    "the floor's throughput, of BullMQ's": floor.rate.median / bullmq.rate.median,
    "total CPU, of BullMQ's": ours.total.median / bullmq.total.median,
    "total CPU, of the consumer group's": ours.total.median / group.total.median,
    "total CPU, of the consumer group's in bulk": ours.total.median / bulk.total.median,
    "total CPU, of the floor's": ours.total.median / floor.total.median,
  };
  const times = (ratio: number): string => `${ratio.toFixed(2)} ×`;
  return {
    name: "dispatch",
    title: "Dispatch: stored, assigned, read, settled",
    about: [
      `Two processes each, a producer and a consumer, on one redis-server of their own, ${repeats} rounds in turn. ${conversations} live conversations, messages of about 430 bytes of JSON, batches of 1,000, everything warmed up with a third as many messages first. The hub and the chat server are ports in the same process; every message passes a checker there, which counts it once and compares its order.`,
      "In favour of the others: batches as large as ours, addBulk and pipelines, finished jobs not kept, BullMQ with 100 jobs at once and a short event stream, the consumer group's next read not waiting for its acknowledgements; and in the bulk variant one XACK and one XDEL for all that a read brought. Ours runs with default options and its metrics, with the log at level warn.",
      'Persistence: none (`save ""`, `appendonly no`), but for `replicas: 1` (one replica, WAIT) and `fsync` (`appendfsync always`).',
    ],
    tables: [tableOf(summaries)],
    plots: [
      {
        name: "dispatch-cpu",
        title: "Processor time a message",
        unit: "µs",
        bars: summaries.map(({ entrant, parts }) => ({
          label: entrant.name,
          parts: Object.entries(parts).map(([name, { median }]) => ({ name, value: median })),
        })),
      },
    ],
    targets: [
      {
        what: "throughput against BullMQ",
        wanted: "at least 10 ×",
        got: `${times(ratios["throughput, of BullMQ's"])}; the bare floor reaches ${times(ratios["the floor's throughput, of BullMQ's"])}`,
        isMet: ratios["throughput, of BullMQ's"] >= 10,
      },
      {
        what: "total CPU a message against the textbook consumer group",
        wanted: "at most 1 ×",
        got: `${times(ratios["total CPU, of the consumer group's"])} (${times(ratios["total CPU, of the consumer group's in bulk"])} of its bulk variant)`,
        isMet: ratios["total CPU, of the consumer group's"] <= 1,
      },
      {
        what: "stretch: total CPU a message against the bare floor",
        wanted: "at most 1.2 ×",
        got: times(ratios["total CPU, of the floor's"]),
        isMet: ratios["total CPU, of the floor's"] <= 1.2,
      },
    ],
    ratios,
  };
}

export const dispatch: Case = { name: "dispatch", run };
