import { mkdirSync } from "node:fs";
import { hire } from "../crew.ts";
import { cpuBetween, readCpu } from "../measuring/cpu.ts";
import type { DispatchOrder } from "./contestant.ts";

export interface DispatchRun {
  /** Export file in `contestants/`. */
  contestant: string;
  order: DispatchOrder;
  /** Pids of all servers, by name. */
  servers: Readonly<Record<string, number>>;
  /** Further consumer processes, each with as many members as the first. */
  moreConsumers?: number;
  nodeArgs?: readonly string[];
  profileDir?: string | undefined;
}

export interface DispatchFigures {
  messagesPerSecond: number;
  /** Microseconds of processor time a message, by process. */
  cpuUs: Record<string, number>;
  /** The checker's word: null when every message was shown once. */
  fault: string | null;
  /** Messages shown before an earlier one of their conversation. */
  disordered: number;
}

const runMsMax = 300_000;
/** The contestant that promises order. */
const ours = "cluster";

/** One run of one contestant with processes of its own: warm up, then so many messages from the producer to their removal. */
export async function runOnce(run: DispatchRun): Promise<DispatchFigures> {
  const { order, contestant, servers, nodeArgs = [], profileDir, moreConsumers = 0 } = run;
  if (profileDir !== undefined) mkdirSync(profileDir, { recursive: true });
  const module = new URL(`contestants/${contestant}.ts`, import.meta.url);
  const consumers = Array.from({ length: 1 + moreConsumers }, () =>
    hire({ module, role: "consumer", order, nodeArgs, profileDir }),
  );
  const producer = hire({ module, role: "producer", order, profileDir });
  try {
    for (const member of [...consumers, producer]) await member.heard("ready");
    const goal = order.warm + order.measured;
    producer.say("go", { upTo: order.warm });
    await allReached(consumers, order.warm);
    const pids: Record<string, number> = { producer: producer.pid, ...servers };
    consumers.forEach(({ pid }, i) => (pids[i === 0 ? "consumer" : `consumer ${i + 1}`] = pid));
    const before = readCpu(pids);
    producer.say("go", { upTo: goal });
    const counts = await allReached(consumers, goal);
    const { wallMs, cpu } = cpuBetween(before, readCpu(pids));
    const cpuUs = Object.fromEntries(Object.entries(cpu).map(([name, ms]) => [name, (ms * 1000) / order.measured]));
    return {
      messagesPerSecond: (order.measured * 1000) / wallMs,
      cpuUs,
      fault: faultOf(counts, { goal, isOrdered: contestant === ours }),
      disordered: counts["disordered"] ?? 0,
    };
  } finally {
    await Promise.all([producer, ...consumers].map((member) => member.end()));
  }
}

/** Waits until all consumers together have shown and removed so many; each tells its counts a few times a second. */
async function allReached(consumers: ReturnType<typeof hire>[], goal: number): Promise<Record<string, number>> {
  const latest = consumers.map((): Record<string, number> => ({}));
  const sum = (field: string): number => latest.reduce((total, counts) => total + (counts[field] ?? 0), 0);
  const giveUpAt = performance.now() + runMsMax;
  while (true) {
    await Promise.all(
      consumers.map(async (consumer, i) => {
        consumer.say("count");
        latest[i] = await consumer.heard("counts");
      }),
    );
    if (sum("removed") >= goal && sum("shown") >= goal) break;
    if (performance.now() > giveUpAt) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return { shown: sum("shown"), doubled: sum("doubled"), disordered: sum("disordered") };
}

/** What makes a run count as zero; out of order only for who promises order. */
function faultOf(
  counts: Record<string, number>,
  { goal, isOrdered }: { goal: number; isOrdered: boolean },
): string | null {
  const lost = goal - (counts["shown"] ?? 0);
  const doubled = counts["doubled"] ?? 0;
  const disordered = isOrdered ? (counts["disordered"] ?? 0) : 0;
  return lost + doubled + disordered === 0 ? null : `${lost} lost, ${doubled} doubled, ${disordered} out of order`;
}
