import { atRest, describeVerdict, startCluster, type TestCluster, until, verdict } from "@dms/testkit";
import type { Case, CaseOptions, CaseResult } from "../case.ts";
import { ShownLog } from "../../e2e/scenario.ts";
import { cpuBetween, readCpu } from "../measuring/cpu.ts";
import { quantile } from "../measuring/figures.ts";

/** One stretch of traffic at one rate. */
interface Stretch {
  label: string;
  ratePerSecond: number;
  shown: number;
  /** Of messages that came once all sessions were open. */
  latenciesMs: number[];
  /** Of those that came while they were being opened. */
  openingMs: number[];
  /** Microseconds of processor time a message, by kind of process. */
  cpuUs: Record<string, number>;
}

const shares = [0.1, 0.5, 0.9];
const saturatingRate = 1500;
const conversations = 400;
/** All conversations begin at once; so long they are given to open their sessions. */
const openingTimeMs = 3000;
const restMsMax = 180_000;
const p99BoundMs = 50;

/** All processes by kind: the cluster's own, and the stand-ins with whatever else is on the machine for them. */
function pidsOf(cluster: TestCluster): Record<string, number> {
  const pids: Record<string, number> = { redis: cluster.redis?.pid ?? 0 };
  for (const [name, app] of cluster.apps) if (app.pid !== undefined) pids[name] = app.pid;
  return pids;
}

/** What went wrong on the way, by kind: a chat server that is slower than two call time-outs shows messages twice. */
function troubles(shown: ShownLog): string {
  const kinds = ["post-failed", "duplicate-possible", "duplicate-suppressed", "lease-lost", "redis-reset"];
  return kinds.map((kind) => `${kind} ${shown.count(kind)}`).join(", ");
}

function kindOf(name: string): string {
  return name.replace(/-\d+$/, "");
}

async function stretch(
  { cluster, shown }: { cluster: TestCluster; shown: ShownLog },
  plan: { label: string; rate: number; seconds: number; seed: number },
): Promise<Stretch> {
  const first = shown.rows.length;
  const before = readCpu(pidsOf(cluster));
  const { rate, seconds, seed } = plan;
  const startedAt = Date.now();
  await cluster.hub.startTraffic({
    channel: "whatsapp",
    rate,
    conversations,
    messagesPerConversation: 1000,
    seconds,
    seed,
    types: { text: 1 },
  });
  await until(async () => !(await cluster.hub.traffic()).running, {
    timeoutMs: seconds * 3000,
    describe: () => "the traffic did not end",
  });
  const { cpu } = cpuBetween(before, readCpu(pidsOf(cluster)));
  const { generated } = await cluster.hub.traffic();
  const inTime = shown.rows.slice(first).filter(({ at }) => at <= startedAt + seconds * 1000).length;
  await until(() => shown.rows.length - first >= generated, {
    timeoutMs: restMsMax,
    describe: () => `only ${shown.rows.length - first} of ${generated} messages were shown`,
  });
  const cpuUs: Record<string, number> = {};
  for (const [name, ms] of Object.entries(cpu)) cpuUs[kindOf(name)] = (cpuUs[kindOf(name)] ?? 0) + (ms * 1000) / inTime;
  const wasOpening = ({ at, latencyMs }: { at: number; latencyMs: number }): boolean =>
    at - latencyMs < startedAt + openingTimeMs;
  const [openingMs, latenciesMs] = [true, false].map((isOpening) =>
    shown.rows
      .slice(first)
      .filter((row) => wasOpening(row) === isOpening)
      .map(({ latencyMs }) => latencyMs),
  ) as [number[], number[]];
  return { label: plan.label, ratePerSecond: inTime / seconds, shown: inTime, latenciesMs, openingMs, cpuUs };
}

async function run({ isQuick, say }: CaseOptions): Promise<CaseResult> {
  const shown = new ShownLog();
  const cluster = await startCluster({
    workers: 2,
    dispatchers: 1,
    chatServers: 2,
    onSpawn: (app) => app.onEvent((event) => shown.take(app.name, event)),
  });
  const seconds = isQuick ? 8 : 15;
  const stretches: Stretch[] = [];
  try {
    await cluster.chats[0]?.setAgents({ enabled: false });
    const on = { cluster, shown };
    await stretch(on, { label: "warm-up", rate: 200, seconds: 3, seed: 1 });
    const full = await stretch(on, { label: "saturated", rate: saturatingRate, seconds: isQuick ? 6 : 10, seed: 2 });
    stretches.push(full);
    say(`saturated: ${full.ratePerSecond.toFixed(0)} messages/s`);
    for (const [i, share] of shares.entries()) {
      const rate = full.ratePerSecond * share;
      const found = await stretch(on, { label: `${share * 100} %`, rate, seconds, seed: 3 + i });
      stretches.push(found);
      say(`${found.label}: p50 ${quantile(found.latenciesMs, 0.5)} ms, p99 ${quantile(found.latenciesMs, 0.99)} ms`);
    }
    const judged = verdict(await atRest(cluster, restMsMax), { isAtRest: true });
    if (!judged.isClean) throw new Error(`${describeVerdict(judged)}\n${troubles(shown)}`);
  } finally {
    await cluster.stop();
  }
  return resultOf(stretches);
}

function resultOf(stretches: readonly Stretch[]): CaseResult {
  const half = stretches.find(({ label }) => label === "50 %");
  const p99 = quantile(half?.latenciesMs ?? [], 0.99);
  const kinds = [...new Set(stretches.flatMap(({ cpuUs }) => Object.keys(cpuUs)))].toSorted();
  return {
    name: "whole-way",
    title: "Whole way: from the hub to the chat over HTTP",
    about: [
      `One dispatcher, two workers, the hub stand-in, two chat server stand-ins and redis-server, everything on this machine, default options, log at level info. ${conversations} conversations write texts; nobody answers, so that what is measured is the way in. The saturated rate is what was shown while ${saturatingRate} a second were offered. Latency: from the hub's receipt of a message to the chat server's answer to its post, in whole milliseconds. In each stretch all conversations begin at once, and a message waits until its session is open: what came in the first ${openingTimeMs / 1000} s is shown apart.`,
      "At the end everything is judged by the ledgers of hub and chat servers: nothing lost, doubled or out of order.",
    ],
    tables: [
      {
        title: "Latency, hub receipt to shown, ms",
        head: ["load", "messages/s", "messages", "p50", "p99", "p99.9", "greatest", "p99 while all sessions open"],
        rows: stretches.map(({ label, ratePerSecond, latenciesMs, openingMs }) => [
          label,
          ratePerSecond.toFixed(0),
          String(latenciesMs.length),
          ...(label === "saturated"
            ? ["–", "–", "–", "–", "–"]
            : [
                ...[0.5, 0.99, 0.999, 1].map((share) => quantile(latenciesMs, share).toFixed(0)),
                quantile(openingMs, 0.99).toFixed(0),
              ]),
        ]),
      },
      {
        title: "Processor time a message, µs",
        head: ["load", ...kinds],
        rows: stretches.map(({ label, cpuUs }) => [label, ...kinds.map((kind) => (cpuUs[kind] ?? 0).toFixed(0))]),
      },
    ],
    plots: [
      {
        name: "whole-way-latency",
        title: "Latency, p99",
        unit: "ms",
        bars: stretches
          .filter(({ label }) => label !== "saturated")
          .map(({ label, latenciesMs }) => ({
            label: `at ${label} of the saturated rate`,
            parts: [{ name: "p99", value: quantile(latenciesMs, 0.99) }],
          })),
      },
    ],
    targets: [
      {
        what: "end to end p99 at half load",
        wanted: `under ${p99BoundMs} ms`,
        got: `${p99.toFixed(0)} ms at ${half?.ratePerSecond.toFixed(0)} messages/s`,
        isMet: p99 < p99BoundMs,
      },
    ],
    ratios: { "p99 at half load, of 50 ms": p99 / p99BoundMs },
  };
}

export const wholeWay: Case = { name: "whole-way", run };
