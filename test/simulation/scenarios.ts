import type { Chance } from "./chance.ts";
import type { FailOver, Fault, Plan, PlannedMessage } from "./plan.ts";

/**
 * Several faults that mean something together. Drawn one by one they would hardly ever meet: each of these is a place where
 * a rule of the protocol is all that stands between two owners, or between an effect and its mark.
 */
type Scenario = (plan: Plan, chance: Chance) => void;

const lostAt = ["handoff", "rehome", "open", "settle", "settle", "bury", "close", "advance", "accept", "load", "start"];

const scenarios: Scenario[] = [
  // The replica lacks one transition, and takes over soon after it.
  (plan, chance) => {
    const at = someTime(plan, chance);
    add(plan, lag(at), failOver({ at: at + 20, call: chance.pick(lostAt) }, plan, chance));
    if (chance.strikes(0.5)) talk(plan, chance, { at, kind: "refused" });
  },
  // A hand-off, or a fail-over of workers, that the replica lacks.
  (plan, chance) => {
    const at = someTime(plan, chance);
    const process = chance.pick(plan.workers);
    add(
      plan,
      { at, kind: "drain", process, backAfterMs: 3000 },
      lag(at),
      failOver({ at, call: "handoff" }, plan, chance),
    );
    talk(plan, chance, { at: at - 100, kind: "text" });
  },
  (plan, chance) => {
    const at = someTime(plan, chance);
    const process = chance.pick(plan.workers);
    add(plan, { at, kind: "crash", process, isProved: true, downMs: 4000 });
    add(plan, lag(at + 200), failOver({ at: at + 200, call: "rehome" }, plan, chance));
    talk(plan, chance, { at: at - 100, kind: "text" });
  },
  // A transition that arrives late, after newer ones; its worker dies before memory can hide it.
  (plan, chance) => {
    const at = someTime(plan, chance);
    const process = chance.pick(plan.workers);
    const call = chance.pick(["open", "settle", "settle", "advance", "advance", "close", "handoff", "bury"]);
    add(plan, { at, kind: "cut", process, target: "redis", ms: 10, when: { call, phase: "sent" } });
    add(plan, { at: at + chance.whole(2000, 6000), kind: "crash", process, isProved: false, downMs: 500 });
    for (let i = 0; i < 4; i++) talk(plan, chance, { at: at + i * 900, kind: "text" });
    if (chance.strikes(0.5)) {
      add(plan, {
        at: at + chance.whole(50, 7000),
        kind: "end-session",
        conversation: plan.messages[0]?.conversation ?? "",
      });
    }
  },
  // A batch that is stored late by a fetcher whose confirmations are lost.
  (plan, chance) => {
    const at = someTime(plan, chance);
    for (const process of plan.dispatchers) {
      add(plan, { at, kind: "cut", process, target: "redis", ms: 10, when: { call: "accept", phase: "sent" } });
    }
    add(plan, { at, kind: "confirms-lost", ms: 5000 });
    for (let i = 0; i < 8; i++) talk(plan, chance, { at: at + i * 600, kind: "text" });
  },
  // Sessions that are restored elsewhere again and again while agents type and answer.
  (plan, chance) => {
    const { agents } = plan.chat;
    const talkative = { ...agents, answers: 1, notices: 0.5, leaves: 0, thinkMsMax: 600 };
    plan.chat = { ...plan.chat, servers: 2, isRenumbered: true, agents: talkative };
    const at = someTime(plan, chance);
    for (let i = 0; i < 4; i++) {
      add(plan, { at: at + i * 700, kind: "restore-sessions", server: `chat-${(i % 2) + 1}` });
      talk(plan, chance, { at: at + i * 700 - 300, kind: "text" });
    }
  },
  // Posts of a dead process that arrive late.
  (plan, chance) => {
    const at = someTime(plan, chance);
    const process = chance.pick(plan.workers);
    plan.noise = { ...plan.noise, late: 0.3 };
    const when = { call: "chat send", phase: "sent" } as const;
    add(plan, { at, kind: "crash", process, isProved: chance.strikes(0.3), downMs: 100, when });
    for (let i = 0; i < 3; i++) talk(plan, chance, { at: at + i * 30, kind: "text" });
  },
  // A worker that loses Redis for as long as its lease, with messages in hand that the chat servers do not take yet.
  (plan, chance) => {
    const at = someTime(plan, chance);
    const process = chance.pick(plan.workers);
    for (let i = 0; i < 4; i++) talk(plan, chance, { at: at - 200 + i * 20, kind: "text" });
    for (const server of ["chat-1", "chat-2"].slice(0, plan.chat.servers)) {
      add(plan, { at: at - 250, kind: "chat-down", server, isSilent: false, ms: chance.pick([1500, 2500]) });
    }
    const ms = chance.pick([1800, 2500, 4000]);
    add(
      plan,
      chance.strikes(0.5) ? { at, kind: "stall", process, target: "redis", ms } : { at, kind: "freeze", process, ms },
    );
  },
  // A hand-off while a reply is under way.
  (plan, chance) => {
    const at = someTime(plan, chance);
    const process = chance.pick(plan.workers);
    plan.chat = { ...plan.chat, agents: { ...plan.chat.agents, answers: 1, leaves: 0, thinkMsMax: 300 } };
    plan.noise = { ...plan.noise, lostAfter: 0.15, late: 0.15 };
    for (let i = 0; i < 4; i++) talk(plan, chance, { at: at - 300 + i * 60, kind: "text" });
    add(plan, { at, kind: "drain", process, backAfterMs: 1000 });
  },
  // A session ends with posts that nobody has settled, and its worker with it.
  (plan, chance) => {
    const at = someTime(plan, chance);
    const process = chance.pick(plan.workers);
    const { conversation } = talk(plan, chance, { at, kind: "text" });
    add(plan, {
      at,
      kind: "crash",
      process,
      isProved: chance.strikes(0.5),
      downMs: 500,
      when: { call: "settle", phase: "sent" },
    });
    add(plan, { at: at + chance.whole(0, 2500), kind: "end-session", conversation });
    for (let i = 1; i < 6; i++) talk(plan, chance, { at: at + i * 500, kind: "text" });
  },
];

/** Adds one or two scenarios to a plan, some of the time. */
export function addScenarios(plan: Plan, chance: Chance): void {
  const count = chance.pick([0, 1, 1, 2]);
  for (let i = 0; i < count; i++) chance.pick(scenarios)(plan, chance);
  // Only where acknowledged writes reach a replica does a fail-over lose nothing that counts.
  if (!plan.faults.some(({ kind }) => kind === "redis-fail-over")) return sort(plan);
  plan.durability = "replicas: 1";
  // What an operator deleted may come back so; then nobody could say what must have become of it.
  plan.faults = plan.faults.filter(({ kind }) => kind !== "lose-entry");
  sort(plan);
}

function sort(plan: Plan): void {
  plan.faults.sort((a, b) => a.at - b.at);
  plan.messages.sort((a, b) => a.at - b.at);
}

function someTime(plan: Plan, chance: Chance): number {
  return chance.whole(1500, plan.trafficMs - 1500);
}

function add(plan: Plan, ...faults: Fault[]): void {
  plan.faults.push(...faults);
}

/** One more message of somebody who writes already. */
function talk(plan: Plan, chance: Chance, { at, kind }: Pick<PlannedMessage, "at" | "kind">): PlannedMessage {
  const { conversation = "c-1" } = chance.strikes(0.7) ? (plan.messages[0] ?? {}) : chance.pick(plan.messages);
  const message = { at: Math.max(0, at), conversation, kind, skip: 0 };
  plan.messages.push(message);
  return message;
}

function lag(at: number): Fault {
  return { at: Math.max(0, at - 50), kind: "replica-stall", ms: 2500 };
}

/** A fail-over soon after some process's next call of that name was executed. */
function failOver(moment: { at: number; call: string }, plan: Plan, chance: Chance): Fault & FailOver {
  const { at, call } = moment;
  return {
    at,
    kind: "redis-fail-over",
    process: "*",
    when: { call, phase: "executed" },
    lagMs: chance.whole(0, 400),
    ms: chance.pick([20, 300]),
    clockOffsetMs: chance.pick([0, -300, 1500]),
    lingering: plan.workers.filter(() => chance.strikes(0.5)),
    lingerMs: chance.pick([500, 2500]),
  };
}
