import { createHash } from "node:crypto";
import { pendingMessages, pendingReplies, type Verdict, verdict } from "@dms/testkit";
import type { Coverage } from "./coverage.ts";
import { sendMessages } from "./customers.ts";
import { heal, strike } from "./faults.ts";
import type { Plan } from "./plan.ts";
import type { RespClient } from "./resp-client.ts";
import type { HeldScript } from "./script-texts.ts";
import type { Trace } from "./trace.ts";
import { lookAtState } from "./state.ts";
import { unjustBurials } from "./burials.ts";
import { unprovoked } from "./unprovoked.ts";
import { World } from "./world.ts";

/** What a run needs besides its plan. */
export interface Stage {
  client: RespClient;
  scripts: readonly HeldScript[];
}

export interface RunResult {
  plan: Plan;
  /** What is wrong, one sentence each; [] for a clean run. */
  faults: string[];
  verdict: Verdict;
  virtualMs: number;
  redisCalls: number;
  coverage: Coverage;
  trace: Trace;
  /** Name of the whole history: equal for equal runs. */
  digest: string;
}

/** Virtual time that a healed cluster has to come to rest unless its plan says it, and how long it then shows that it stays so. */
const restMs = 90_000;
const quietMs = 1500;
const lookEveryMs = 1000;
const tidyLooksMax = 15;
/** Nothing else loads this machine of one process: what has no use any more is gone soon, or stays. */
const bounds = { closeMsMax: 1000 };
/** Mean time between two looks for messages that are processed. */
const processedLookMs = 1000;

/** Runs a plan from its first step to the verdict. */
export async function run(plan: Plan, stage: Stage): Promise<RunResult> {
  const world = new World(plan, stage);
  const onBroken = (caught: unknown): void => {
    world.broken.push(caught instanceof Error ? (caught.stack ?? caught.message) : String(caught));
  };
  process.on("unhandledRejection", onBroken);
  try {
    await world.redis.open();
    await begin(world);
    await advance(world, plan.trafficMs);
    await heal(world);
    const restedAt = await comeToRest(world);
    if (restedAt !== null) {
      await advance(world, restedAt + quietMs + (plan.afterMs ?? 0));
      await tidyUp(world);
    }
    await world.readRedis();
    const unrest =
      restedAt === null ? [`the cluster does not come to rest: ${await world.backlog()} entries wait`] : [];
    return conclude(world, unrest);
  } finally {
    process.off("unhandledRejection", onBroken);
    for (const member of world.members.values()) member.kill();
    for (const stopListening of world.network.listening) stopListening();
  }
}

async function begin(world: World): Promise<void> {
  const { plan, schedule } = world;
  for (const name of [...plan.dispatchers, ...plan.workers]) {
    schedule.in(world.chance.whole(0, 300), () => world.start(name));
  }
  sendMessages(world);
  lookNowAndThen(world);
  const isNoisy = Object.entries(plan.noise).some(([kind, share]) => kind !== "slowestMs" && share > 0);
  if (isNoisy) world.deed({ kind: "outage", target: "network", name: "noise" }, plan.trafficMs);
  for (const fault of plan.faults) schedule.at(fault.at * 1000, () => strike(world, fault));
}

/** Looks at moments of chance into what is confirmed and in no inbox. */
function lookNowAndThen(world: World): void {
  world.schedule.in(world.chance.whole(100, 2 * processedLookMs), async () => {
    await world.lookForProcessed();
    lookNowAndThen(world);
  });
}

/** Lets everything happen up to a virtual time in milliseconds. */
async function advance(world: World, untilMs: number): Promise<void> {
  const { schedule } = world;
  const until = untilMs * 1000;
  for (let step = schedule.next(until); step !== undefined; step = schedule.next(until)) {
    await step.run();
    if (step.owner === null) continue;
    // Whatever this step set off in the product comes to its next wait before anything else happens.
    await new Promise((resolve) => setImmediate(resolve));
    step.owner.lag();
    if (world.broken.length > 0) return;
  }
  schedule.now = Math.max(schedule.now, until);
}

/** When the healed cluster came to rest, in virtual milliseconds; null when it did not. */
async function comeToRest(world: World): Promise<number | null> {
  const startMs = world.schedule.now / 1000;
  const endMs = startMs + (world.plan.restMs ?? restMs);
  for (let ms = startMs; ms <= endMs && world.broken.length === 0; ms += lookEveryMs) {
    await advance(world, ms);
    if (await isAtRest(world)) return ms;
  }
  return null;
}

/** What the dead left behind is taken away within a lease, a barrier and a look: the last look at it is what counts. */
async function tidyUp(world: World): Promise<void> {
  const { ledger, schedule } = world;
  for (let look = 0; look < tidyLooksMax; look++) {
    ledger.history.state = await lookAtState(world);
    const { findings } = verdict(ledger.history, { isAtRest: true, bounds });
    if (findings.every(({ invariant }) => invariant !== "I15")) return;
    await advance(world, schedule.now / 1000 + lookEveryMs);
  }
}

async function isAtRest(world: World): Promise<boolean> {
  const { hub, ledger } = world;
  if (hub.confirmedUpTo < hub.newest) return false;
  await world.readRedis();
  for (const conversation of ledger.history.conversations.values()) {
    if (pendingMessages(conversation).length > 0 || pendingReplies(conversation).length > 0) return false;
  }
  return (await world.backlog()) === 0;
}

function conclude(world: World, unrest: readonly string[]): RunResult {
  const { plan, ledger, coverage, trace, schedule, redis, hub } = world;
  const judged = verdict(ledger.history, { isAtRest: true, bounds });
  const faults = [
    ...world.broken.map((text) => `broken: ${text}`),
    ...judged.findings.map(
      ({ invariant, conversation, detail }) => `${`${invariant} ${conversation}`.trim()}: ${detail}`,
    ),
    ...unjustBurials({
      history: ledger.history,
      deliveriesMax: world.config.worker.deliveriesMax,
      isDestroyed: (conversation, seq) => ledger.isDestroyed(conversation, seq),
    }),
    ...unprovoked(ledger.history),
    ...unrest,
    ...(hub.confirmedUpTo < hub.newest ? [`the hub is confirmed up to ${hub.confirmedUpTo} of ${hub.newest}`] : []),
  ];
  return {
    plan,
    faults,
    verdict: judged,
    virtualMs: schedule.now / 1000,
    redisCalls: redis.calls,
    coverage,
    trace,
    get digest() {
      return createHash("sha256").update(trace.text()).digest("hex");
    },
  };
}
