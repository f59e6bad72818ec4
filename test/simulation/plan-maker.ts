import { Chance } from "./chance.ts";
import { addClockSteps, makeFaults } from "./fault-maker.ts";
import { addScenarios } from "./scenarios.ts";
import {
  effectMs,
  leaseMs,
  type MessageKind,
  type Noise,
  type Plan,
  type PlannedMessage,
  provedGraceMs,
  silence,
} from "./plan.ts";

const names = (role: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${role}-${i + 1}`);

/** A plan without faults and noise: everything must simply work. */
export function calmPlan(seed: string | number): Plan {
  const chance = new Chance(`plan ${seed}`);
  return basePlan(String(seed), chance);
}

/** Seeds from here on also have a Redis whose clock steps; those before it stand in tests and documents, and stay as they are. */
const steppingFrom = 100_001;

/**
 * The plan of a seed. Which kinds of faults and noise it has at all is drawn first (swarm testing): a run in which everything
 * happens at once reaches fewer states than many runs in which a few things happen often.
 */
export function planOf(seed: string | number): Plan {
  const chance = new Chance(`plan ${seed}`);
  const plan = basePlan(String(seed), chance);
  plan.noise = makeNoise(chance.stream("noise"));
  plan.faults = makeFaults(plan, chance.stream("faults"));
  addScenarios(plan, chance.stream("scenarios"));
  if (Number(seed) >= steppingFrom) addClockSteps(plan, chance.stream("clock"));
  return plan;
}

function basePlan(seed: string, chance: Chance): Plan {
  const trafficMs = chance.whole(8, 16) * 1000;
  const conversations = names("c", chance.whole(1, 6));
  return {
    seed,
    durability: chance.pick(["none", "fsync", "replicas: 1", "replicas: 1", "replicas: 1"]),
    partitions: chance.whole(1, 3),
    dispatchers: names("dispatcher", chance.pick([1, 2, 2])),
    workers: names("worker", chance.pick([1, 2, 2, 3, 3])),
    trafficMs,
    messages: makeMessages(conversations, trafficMs, chance.stream("messages")),
    faults: [],
    noise: silence,
    chat: makeChat(chance.stream("chat")),
    options: makeOptions(chance.stream("options")),
  };
}

const rareKinds: MessageKind[] = ["media", "lost-media", "typing", "ended", "receipt", "malformed", "refused"];

function makeMessages(conversations: readonly string[], trafficMs: number, chance: Chance): PlannedMessage[] {
  const count = chance.whole(8, 40);
  const rare = rareKinds.filter(() => chance.strikes(0.5));
  const rareShare = chance.pick([0.05, 0.2, 0.4]);
  const killers = chance.strikes(0.15) ? 1 : 0;
  const isBursty = chance.strikes(0.4);
  const bursts = Array.from({ length: 4 }, () => chance.fraction() * trafficMs);
  const messages = Array.from({ length: count }, (_, i): PlannedMessage => {
    const isRare = rare.length > 0 && chance.strikes(rareShare);
    const at = isBursty ? chance.pick(bursts) + chance.fraction() * 50 : chance.fraction() * trafficMs;
    return {
      at: Math.floor(at),
      conversation: chance.pick(conversations),
      kind: i < killers ? "killer" : isRare ? chance.pick(rare) : "text",
      skip: chance.strikes(0.1) ? chance.whole(1, 3) : 0,
    };
  });
  return messages.toSorted((a, b) => a.at - b.at);
}

function makeChat(chance: Chance): Plan["chat"] {
  return {
    servers: chance.pick([1, 2, 2]),
    isRenumbered: chance.strikes(0.5),
    unrequestedMs: 20_000,
    inactivityMs: chance.pick([5000, 15_000, 60_000]),
    agents: {
      answers: chance.pick([0, 0.5, 1]),
      thinkMsMax: chance.pick([300, 3000]),
      leaves: chance.pick([0, 0.3, 0.8]),
      files: chance.pick([0, 0.2]),
      structured: chance.pick([0, 0.2]),
      notices: chance.pick([0, 0.5]),
    },
  };
}

function makeOptions(chance: Chance): Plan["options"] {
  return {
    cluster: {
      "lease-ms": leaseMs,
      "heartbeat-ms": 600,
      "leader-check-ms": chance.pick([300, 700, 1000]),
      "lease-margin-ms": 100,
      "proved-grace-ms": provedGraceMs,
      "drain-deadline-ms": 6000,
      "durability-timeout-ms": 250,
    },
    chat: { "timeout-ms": effectMs, "poll-active-ms": 300, "poll-idle-ms": chance.pick([1000, 4000]) },
    worker: {
      "retry-base-ms": 100,
      "retry-max-ms": 1000,
      "deliveries-max": 2,
      "missing-after-ms": chance.pick([1000, 3000]),
      "read-count": chance.pick([1, 3, 100]),
      "mailbox-max": chance.pick([2, 10, 1000]),
      "effects-max": chance.pick([1, 4, 100]),
    },
    dispatcher: {
      "retry-base-ms": 100,
      "retry-max-ms": 1000,
      "rehome-count": chance.pick([1, 3, 500]),
      ...(chance.strikes(0.2) ? { "backlog-high": 6, "backlog-low": 2 } : {}),
    },
    redis: { "command-timeout-ms": 500, "connect-timeout-ms": 1000 },
    channel: { "fetch-limit": chance.pick([1, 4, 100]), "fetch-wait-ms": 2000 },
  };
}

function makeNoise(chance: Chance): Noise {
  const share = (): number => (chance.strikes(0.4) ? chance.pick([0.01, 0.05, 0.15]) : 0);
  return {
    lostBefore: share(),
    lostAfter: share(),
    late: share(),
    busy: share(),
    broken: share(),
    repeated: share(),
    unauthorized: share(),
    redisReset: chance.strikes(0.3) ? chance.pick([0.002, 0.01, 0.03]) : 0,
    slowestMs: chance.pick([2, 2, 20, 100]),
  };
}
