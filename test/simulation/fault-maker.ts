import type { Chance } from "./chance.ts";
import type { Fault, Plan, Trigger } from "./plan.ts";

function crash(plan: Plan, chance: Chance, process: string): Fault {
  const isProved = chance.strikes(0.4);
  return {
    ...at(plan, chance),
    kind: "crash",
    process,
    isProved,
    downMs: chance.pick([100, 1000, 6000]),
    ...moment(process, chance),
  };
}

type FaultMaker = (plan: Plan, chance: Chance) => Fault;

const makers: FaultMaker[] = [
  (plan, chance) => crash(plan, chance, chance.pick([...plan.workers, ...plan.dispatchers])),
  (plan, chance) => crash(plan, chance, chance.pick(plan.workers)),
  (plan, chance) => {
    const process = anyProcess(plan, chance);
    const ms = chance.pick([300, 1500, 3000, 8000]);
    return { ...at(plan, chance), kind: "freeze", process, ms, ...moment(process, chance) };
  },
  (plan, chance) => ({
    ...at(plan, chance),
    kind: "slow",
    process: anyProcess(plan, chance),
    ms: chance.pick([500, 4000]),
    lagMs: chance.pick([20, 200]),
  }),
  (plan, chance) => {
    const process = anyProcess(plan, chance);
    const ms = chance.pick([10, 700, 4000]);
    return {
      ...at(plan, chance),
      kind: "cut",
      process,
      target: anyTarget(plan, chance),
      ms,
      ...moment(process, chance),
    };
  },
  (plan, chance) => {
    const process = anyProcess(plan, chance);
    const ms = chance.pick([300, 1200, 5000]);
    return {
      ...at(plan, chance),
      kind: "stall",
      process,
      target: anyTarget(plan, chance),
      ms,
      ...moment(process, chance),
    };
  },
  (plan, chance) => ({
    ...at(plan, chance),
    kind: "hub-down",
    isSilent: chance.strikes(0.5),
    ms: chance.pick([500, 3000]),
  }),
  (plan, chance) => ({
    ...at(plan, chance),
    kind: "chat-down",
    server: `chat-${chance.whole(1, plan.chat.servers)}`,
    isSilent: chance.strikes(0.3),
    ms: chance.pick([300, 2000, 6000]),
  }),
  (plan, chance) => ({ ...at(plan, chance), kind: "redis-restart", ms: chance.pick([50, 800, 3000]) }),
  (plan, chance) => ({ ...at(plan, chance), kind: "script-flush" }),
  (plan, chance) => ({ ...at(plan, chance), kind: "redis-full", ms: chance.pick([500, 3000]) }),
  (plan, chance) => ({
    ...at(plan, chance),
    kind: "join",
    process: `worker-${plan.workers.length + chance.whole(1, 2)}`,
  }),
  (plan, chance) => ({
    ...at(plan, chance),
    kind: "drain",
    process: anyProcess(plan, chance),
    backAfterMs: chance.pick([100, 3000]),
  }),
  (plan, chance) => ({
    ...at(plan, chance),
    kind: "block-customer",
    conversation: chance.pick(plan.messages).conversation,
  }),
  (plan, chance) => ({ ...at(plan, chance), kind: "lose-entry" }),
  (plan, chance) => ({
    ...at(plan, chance),
    kind: "restore-sessions",
    server: `chat-${chance.whole(1, plan.chat.servers)}`,
  }),
  (plan, chance) => ({
    ...at(plan, chance),
    kind: "end-session",
    conversation: chance.pick(plan.messages).conversation,
  }),
];

/** Only where acknowledged writes reach a replica does a fail-over lose nothing that counts. */
const replicatedMakers: FaultMaker[] = [
  (plan, chance) => ({
    ...at(plan, chance),
    kind: "redis-fail-over",
    lagMs: chance.pick([0, 100, 600, 1500]),
    ms: chance.pick([50, 500, 2500]),
    clockOffsetMs: chance.pick([0, 0, -300, 200, 1500]),
    lingering: chance.strikes(0.4) ? plan.workers.filter(() => chance.strikes(0.5)) : [],
    lingerMs: chance.pick([500, 3000, 6000]),
  }),
  (plan, chance) => ({ ...at(plan, chance), kind: "replica-stall", ms: chance.pick([300, 2000]) }),
];

/** The faults of a plan: of a few kinds that are drawn first, several times. */
export function makeFaults(plan: Plan, chance: Chance): Fault[] {
  const isReplicated = plan.durability === "replicas: 1";
  const possible = isReplicated ? [...makers, ...replicatedMakers] : makers;
  const share = chance.pick([0.1, 0.25, 0.5]);
  const chosen = possible.filter(() => chance.strikes(share));
  if (chosen.length === 0) return [];
  const count = chance.whole(1, 8);
  return Array.from({ length: count }, () => chance.pick(chosen)(plan, chance)).toSorted((a, b) => a.at - b.at);
}

/** Redis's clock steps once or twice: by less than a lease, by more, by more than the registry remembers a member. */
export function addClockSteps(plan: Plan, chance: Chance): void {
  for (let left = chance.whole(1, 2); left > 0; left--) {
    const stepMs = chance.pick([-7_200_000, -60_000, -3000, -400, 400, 1500, 3000, 60_000, 7_200_000]);
    plan.faults.push({ ...at(plan, chance), kind: "redis-clock", stepMs });
  }
  plan.faults.sort((a, b) => a.at - b.at);
}

/** Any time, or right after a message, when something is under way. */
const dispatcherCalls = ["accept", "accept", "evict", "rehome", "rehome", "lead", "admit", "hub confirm", "hub fetch"];
const workerCalls = [
  "load",
  "open",
  "settle",
  "settle",
  "advance",
  "handoff",
  "forward",
  "close",
  "bury",
  "start",
  "beat",
  "chat send",
  "chat send",
  "chat create",
  "chat refresh",
  "chat upload",
  "hub send",
  "hub send",
  "hub upload",
];

/** For half of the faults of a process the moment is not a time but what it does next. */
function moment(process: string, chance: Chance): { when?: Trigger } {
  if (chance.strikes(0.4)) return {};
  const call = chance.pick(process.startsWith("worker") ? workerCalls : dispatcherCalls);
  return { when: { call, phase: chance.pick(["sent", "executed"]) } };
}

function at(plan: Plan, chance: Chance): { at: number } {
  if (chance.strikes(0.4)) return { at: chance.whole(500, plan.trafficMs) };
  return { at: Math.min(plan.trafficMs, chance.pick(plan.messages).at + chance.whole(0, 40)) };
}

function anyProcess(plan: Plan, chance: Chance): string {
  return chance.pick([...plan.workers, ...plan.workers, ...plan.dispatchers]);
}

function anyTarget(plan: Plan, chance: Chance): string {
  return chance.pick([
    "redis",
    "redis",
    "hub",
    ...Array.from({ length: plan.chat.servers }, (_, i) => `chat-${i + 1}`),
  ]);
}
