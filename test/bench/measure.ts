import {
  atRest,
  type AppProcess,
  describeVerdict,
  type LogEvent,
  startCluster,
  type TestCluster,
  until,
  verdict,
} from "@dms/testkit";
import { percentile, quickAgents, ShownLog } from "../e2e/scenario.ts";
import { readCommandLine } from "../prove/command.ts";

/**
 * Measures what the README states: fail-over after kill -9 (by lease alone, and where the death is proved), the gap of a
 * drain, messages a second through both mocks, and start-up times. Each run is judged by the ledgers; a wrong one ends it.
 */
const usage = `npm run measure -- [options]
  --kills N     workers killed, by lease alone and where the death is proved; 30 each
  --drains N    workers drained; 10
  --seconds N   how long messages a second are counted; 15
`;
const values = readCommandLine(usage, {
  kills: { type: "string", default: "30" },
  drains: { type: "string", default: "10" },
  seconds: { type: "string", default: "15" },
});
const kills = Number(values.kills);
const drains = Number(values.drains);
const seconds = Number(values.seconds);
const flowMsMax = 60_000;
const restMsMax = 120_000;

function say(what: string, ms: readonly number[]): void {
  const at = (share: number): string => percentile(ms, share).toFixed(0);
  console.log(`| ${what} | ${ms.length} | ${at(0)} | ${at(0.5)} | ${at(0.99)} |`);
}

interface Measured {
  cluster: TestCluster;
  shown: ShownLog;
}

async function withCluster(
  options: { workers: number; isSupervised: boolean },
  measure: (measured: Measured) => Promise<void>,
): Promise<void> {
  const shown = new ShownLog();
  const cluster = await startCluster({
    ...options,
    dispatchers: 2,
    chatServers: 2,
    config: quickAgents,
    onSpawn: (app) => app.onEvent((event) => shown.take(app.name, event)),
  });
  try {
    await measure({ cluster, shown });
    await cluster.hub.stopTraffic();
    const judged = verdict(await atRest(cluster, restMsMax), { isAtRest: true });
    if (!judged.isClean) throw new Error(describeVerdict(judged));
    console.error(`  ledgers: ${judged.compared.messages} messages, ${judged.compared.replies} replies, clean`);
  } finally {
    await cluster.stop();
  }
}

/**
 * Kills the busiest worker again and again, each time with the others there to take its place: a supervisor waits longer from
 * death to death, and with all workers waiting so it would be that wait that is measured.
 */
async function measureKills(isSupervised: boolean): Promise<number[]> {
  const recoveries: number[] = [];
  await withCluster({ workers: 3, isSupervised }, async ({ cluster, shown }) => {
    const plan = { channel: "whatsapp", rate: 60, conversations: 60, messagesPerConversation: 500, seed: 21 };
    await cluster.hub.startTraffic(plan);
    await shown.more(200);
    for (let i = 0; i < kills; i++) {
      const victim = shown.busiest();
      const at = Date.now();
      cluster.app(victim).kill("SIGKILL");
      await until(() => shown.recoveriesMs(victim, at).length > 0, {
        timeoutMs: flowMsMax,
        describe: () => `nothing of ${victim} was taken over`,
      });
      recoveries.push(Math.min(...shown.recoveriesMs(victim, at)));
      if (!isSupervised) await cluster.restart(victim);
      await joinedSince(cluster.app(victim), at);
      await shown.more(150);
    }
  });
  return recoveries;
}

function joinedSince({ name, events }: AppProcess, at: number): Promise<void> {
  const isJoin = ({ event, time }: LogEvent): boolean => event === "member-joined" && Date.parse(String(time)) > at;
  return until(() => events.some(isJoin), { timeoutMs: flowMsMax, describe: () => `${name} does not come back` });
}

/** Drains a worker under load; the gap is between the last message it shows and the next one of the same conversation. */
async function measureDrains(): Promise<{ drains: number[]; gaps: number[] }> {
  const durations: number[] = [];
  const gaps: number[] = [];
  await withCluster({ workers: 3, isSupervised: false }, async ({ cluster, shown }) => {
    const plan = { channel: "whatsapp", rate: 100, conversations: 40, messagesPerConversation: 1000, seed: 22 };
    await cluster.hub.startTraffic(plan);
    await shown.more(200);
    for (let i = 0; i < drains; i++) {
      const worker = cluster.app(shown.busiest());
      const at = Date.now();
      const exit = await worker.stop();
      if (exit.code !== 0) throw new Error(`${worker.name} exited with ${exit.code}`);
      const ended = worker.events.findLast(({ event }) => event === "drain-ended");
      durations.push(Number(ended?.["durationMs"]));
      await shown.more(100);
      gaps.push(...shown.latenciesOfMoved(worker.name, at));
      await cluster.restart(worker.name);
      await shown.more(100);
    }
    if (shown.count("duplicate-suppressed") > 0) throw new Error("a drain made something be delivered again");
  });
  return { drains: durations, gaps };
}

/** As many messages as the mocks can make, from the first shown to the last. */
async function measureRate(): Promise<void> {
  await withCluster({ workers: 2, isSupervised: false }, async ({ cluster, shown }) => {
    await cluster.chats[0]?.setAgents({ enabled: false });
    const plan = {
      channel: "whatsapp",
      rate: 2000,
      conversations: 400,
      messagesPerConversation: 1000,
      seconds,
      seed: 23,
    };
    await cluster.hub.startTraffic({ ...plan, types: { text: 1 } });
    const startedAt = Date.now();
    await until(async () => !(await cluster.hub.traffic()).running, {
      timeoutMs: seconds * 2000,
      describe: () => "the traffic did not end",
    });
    const inTime = shown.rows.filter(({ at }) => at <= startedAt + seconds * 1000);
    const rate = inTime.length / seconds;
    console.log(`\nmessages a second through both mocks, all on this machine: ${rate.toFixed(0)}\n`);
  });
}

async function measureStarts(): Promise<void> {
  const times: string[] = [];
  const cluster = await startCluster({ workers: 0, dispatchers: 0, config: quickAgents });
  const timed = async (name: string, start: () => Promise<AppProcess>): Promise<void> => {
    const at = performance.now();
    await start();
    times.push(`${name} ${(performance.now() - at).toFixed(0)} ms`);
  };
  try {
    await timed("hub-mock", () => cluster.restart("hub"));
    await timed("chat-mock", () => cluster.restart("chat-1"));
    await timed("dispatcher", () => cluster.addDispatcher());
    await timed("worker", () => cluster.addWorker());
    await timed("single", () => cluster.addSingle());
  } finally {
    await cluster.stop();
  }
  console.log(`\nstart to ready, one at a time: ${times.join(", ")}\n`);
}

await measureStarts();
console.log("| what (ms) | n | min | p50 | p99 |\n| --- | --- | --- | --- | --- |");
say("kill -9 of a worker to the first message at a new owner, by lease alone", await measureKills(false));
say("the same, where a supervisor proves the death", await measureKills(true));
const drained = await measureDrains();
say("drain of a worker under load", drained.drains);
say("latency of the first message of each conversation that a drain moved", drained.gaps);
await measureRate();
