import { startRedis, startRedisCluster } from "@dms/testkit";
import type { Case, CaseOptions, CaseResult } from "../case.ts";
import type { DispatchOrder } from "../dispatch/contestant.ts";
import { type DispatchFigures, runOnce } from "../dispatch/one-run.ts";
import { median } from "../measuring/figures.ts";

/** One point of a row: a cluster of some size. Everything that is not said is as in the smallest. */
interface Point {
  label: string;
  workers?: number;
  partitions?: number;
  conversations?: number;
  channels?: number;
  primaries?: number;
}

interface Row {
  name: string;
  points: Point[];
  quickPoints: Point[];
}

const rows: readonly Row[] = [
  {
    name: "workers",
    points: [1, 4, 16, 64].map((workers) => ({ label: `${workers}`, workers, partitions: 8 })),
    quickPoints: [1, 16].map((workers) => ({ label: `${workers}`, workers, partitions: 8 })),
  },
  {
    name: "partitions",
    points: [1, 8, 64].map((partitions) => ({ label: `${partitions}`, partitions })),
    quickPoints: [1, 64].map((partitions) => ({ label: `${partitions}`, partitions })),
  },
  {
    name: "conversations",
    points: [1000, 10_000, 100_000, 1_000_000].map((conversations) => ({
      label: conversations.toLocaleString("en"),
      conversations,
    })),
    quickPoints: [1000, 10_000].map((conversations) => ({
      label: conversations.toLocaleString("en"),
      conversations,
    })),
  },
  {
    name: "channels",
    points: [1, 10].map((channels) => ({ label: `${channels}`, channels })),
    quickPoints: [1, 10].map((channels) => ({ label: `${channels}`, channels })),
  },
  {
    name: "primaries of a Redis Cluster",
    points: [1, 2, 3].map((primaries) => ({ label: `${primaries}`, primaries })),
    quickPoints: [],
  },
];

/** Worker processes at most; further members live in the same processes. */
const workerProcessesMax = 2;
const growthMax = 1.3;

interface Servers {
  redis: Record<string, unknown>;
  port: number;
  pids: Record<string, number>;
  close(): Promise<void>;
}

async function serversFor({ primaries }: Point): Promise<Servers> {
  if (primaries === undefined) {
    const server = await startRedis();
    const pids = { redis: server.pid ?? 0 };
    return { redis: { url: `redis://127.0.0.1:${server.port}` }, port: server.port, pids, close: () => server.close() };
  }
  const set = await startRedisCluster({ primaries, replicasEach: 0 });
  const pids = Object.fromEntries(set.servers.map(({ pid }, i) => [`redis ${i + 1}`, pid ?? 0]));
  return { redis: { ...set.section }, port: set.servers[0]?.port ?? 0, pids, close: () => set.close() };
}

async function measure(point: Point, { isQuick, profileDir }: CaseOptions): Promise<DispatchFigures> {
  const servers = await serversFor(point);
  const { workers = 1, partitions = 8, conversations = 1000, channels = 1 } = point;
  const processes = Math.min(workers, workerProcessesMax);
  const messages = isQuick ? 20_000 : 50_000;
  const order: DispatchOrder = {
    redis: servers.redis,
    redisPort: servers.port,
    // Every conversation is open before the measurement, and the code warm.
    warm: Math.max(conversations, messages / 2),
    measured: messages,
    conversations,
    partitions,
    durability: "none",
    channels,
    members: workers / processes,
  };
  try {
    return await runOnce({
      contestant: "cluster",
      order,
      servers: servers.pids,
      moreConsumers: processes - 1,
      nodeArgs: ["--max-old-space-size=8000"],
      profileDir,
    });
  } finally {
    await servers.close();
  }
}

interface Found {
  row: string;
  label: string;
  runs: DispatchFigures[];
}

function totalUs({ cpuUs }: DispatchFigures): number {
  return Object.values(cpuUs).reduce((sum, us) => sum + us, 0);
}

async function run(options: CaseOptions): Promise<CaseResult> {
  const found: Found[] = [];
  const repeats = options.isQuick ? 1 : 2;
  for (const row of rows) {
    const points = (options.isQuick ? row.quickPoints : row.points).map((point) => ({
      point,
      runs: [] as DispatchFigures[],
    }));
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const { point, runs } of points) {
        // A million conversations take a minute to open: they are measured once.
        if (repeat > 0 && (point.conversations ?? 0) > 100_000) continue;
        const figures = await measure(point, options);
        runs.push(figures);
        options.say(
          `${row.name} ${point.label}: ${totalUs(figures).toFixed(1)} µs a message${figures.fault === null ? "" : `, WRONG: ${figures.fault}`}`,
        );
      }
    }
    found.push(...points.map(({ point, runs }) => ({ row: row.name, label: point.label, runs })));
  }
  return resultOf(found);
}

function costOf({ runs }: Found): number {
  const faults = runs.filter(({ fault }) => fault !== null);
  return faults.length > 0 ? Number.NaN : median(runs.map(totalUs));
}

function partOf({ runs }: Found, isPart: (name: string) => boolean): string {
  const sums = runs.map(({ cpuUs }) =>
    Object.entries(cpuUs).reduce((sum, [name, us]) => sum + (isPart(name) ? us : 0), 0),
  );
  return median(sums).toFixed(1);
}

function resultOf(found: readonly Found[]): CaseResult {
  const byRow = [...Map.groupBy(found, ({ row }) => row)].filter(([, points]) => points.length > 0);
  const growth = byRow.map(([row, points]) => {
    const costs = points.map(costOf);
    return { row, ratio: (costs.at(-1) ?? Number.NaN) / (costs[0] ?? Number.NaN) };
  });
  return {
    name: "growth",
    title: "Growth: what a message costs when everything gets bigger",
    about: [
      `As in *dispatch*, ours alone, one thing varied at a time from 1 worker, 8 partitions, 1,000 conversations and 1 channel. Workers beyond ${workerProcessesMax} processes are further members in the same processes, each with its own connections, inboxes and lease. All conversations are open before the measurement.`,
    ],
    tables: [
      {
        title: "Processor time a message, µs (median of two runs)",
        head: [
          "varied",
          "size",
          "producer",
          "workers",
          "redis-servers",
          "total",
          "of the smallest",
          "messages/s",
          "wrong runs",
        ],
        rows: byRow.flatMap(([row, points]) =>
          points.map((point) => [
            row,
            point.label,
            partOf(point, (name) => name === "producer"),
            partOf(point, (name) => name.startsWith("consumer")),
            partOf(point, (name) => name.startsWith("redis")),
            costOf(point).toFixed(1),
            `${(costOf(point) / costOf(points[0] ?? point)).toFixed(2)} ×`,
            median(point.runs.map(({ messagesPerSecond }) => messagesPerSecond)).toFixed(0),
            String(point.runs.filter(({ fault }) => fault !== null).length),
          ]),
        ),
      },
    ],
    plots: [
      {
        name: "growth-cpu",
        title: "Processor time a message",
        unit: "µs",
        bars: found.map((point) => ({
          label: `${point.row}: ${point.label}`,
          parts: [{ name: "total", value: costOf(point) }],
        })),
      },
    ],
    targets: growth.map(({ row, ratio }) => ({
      what: `cost a message, smallest to largest: ${row}`,
      wanted: `within ${growthMax} ×`,
      got: `${ratio.toFixed(2)} ×`,
      isMet: ratio <= growthMax,
    })),
    // Named by their sizes: a quick run has some of a full one's.
    ratios: Object.fromEntries(
      byRow.flatMap(([row, [first, ...others]]) =>
        first === undefined
          ? []
          : others.map((point) => [`${row}: ${point.label} of ${first.label}`, costOf(point) / costOf(first)]),
      ),
    ),
  };
}

export const growth: Case = { name: "growth", run };
