import { effectMs, type Fault, leaseMs, type MessageKind, type Plan, type PlannedMessage, silence } from "../plan.ts";

/** A customer's message; `at` in virtual milliseconds. */
export function message(at: number, kind: MessageKind = "text", conversation = "c-1"): PlannedMessage {
  return { at, conversation, kind, skip: 0 };
}

/** Agents who say nothing. */
const silent = { answers: 0, thinkMsMax: 300, leaves: 0, files: 0, structured: 0, notices: 0 };

/** Agents who answer each message soon. */
export const answering = { ...silent, answers: 1 };

/**
 * A cluster in which nothing happens but what a script says: one worker at first, so that it is known who holds what, quick
 * looks and tries, whole batches. The seed draws what a script leaves open: how long each way takes.
 */
export const quiet: Plan = {
  seed: "1",
  durability: "replicas: 1",
  partitions: 1,
  dispatchers: ["dispatcher-1"],
  workers: ["worker-1"],
  trafficMs: 12_000,
  messages: [],
  faults: [],
  noise: silence,
  chat: { servers: 1, isRenumbered: false, unrequestedMs: 20_000, inactivityMs: 60_000, agents: silent },
  options: {
    cluster: {
      "lease-ms": leaseMs,
      "heartbeat-ms": 200,
      "leader-check-ms": 100,
      "lease-margin-ms": 100,
      "proved-grace-ms": 300,
      "drain-deadline-ms": 6000,
      "durability-timeout-ms": 250,
    },
    chat: { "timeout-ms": effectMs, "poll-active-ms": 300, "poll-idle-ms": 1000 },
    worker: { "retry-base-ms": 50, "retry-max-ms": 100, "deliveries-max": 2, "missing-after-ms": 1000 },
    dispatcher: { "retry-base-ms": 50, "retry-max-ms": 100 },
    redis: { "command-timeout-ms": 500, "connect-timeout-ms": 1000 },
    channel: { "fetch-wait-ms": 2000 },
  },
};

/** A fail-over that loses everything that was not waited for, soon after somebody's next call of that name. */
export function lostTail(
  at: number,
  call: string,
  how: { lagMs: number; clockOffsetMs?: number; lingering?: string[]; lingerMs?: number },
): Fault {
  return {
    at,
    kind: "redis-fail-over",
    process: "*",
    when: { call, phase: "executed" },
    ms: 20,
    clockOffsetMs: 0,
    lingering: [],
    lingerMs: 0,
    isWhole: true,
    ...how,
  };
}
