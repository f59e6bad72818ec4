import type { Plan } from "../plan.ts";
import { answering, message, quiet } from "./script.ts";

/** A worker is frozen for far longer than its lease with a message in hand, while another takes its conversation over. */
const frozenWithMessage: Plan = {
  ...quiet,
  trafficMs: 14_000,
  messages: [message(1500), message(3000), message(3001)],
  faults: [
    { at: 2000, kind: "join", process: "worker-2" },
    { at: 2950, kind: "chat-down", server: "chat-1", isSilent: false, ms: 300 },
    { at: 2950, kind: "freeze", process: "worker-1", ms: 8000, when: { call: "chat send", phase: "executed" } },
  ],
};

/** More conversations than the workers take. */
const twenty = Array.from({ length: 20 }, (_, i) => `c-${i + 1}`);

/** Histories of leases and of who may act. */
export const leaseScripts: Record<string, Plan> = {
  "A10-renew": frozenWithMessage,
  "no-self-fencing": frozenWithMessage,
  "evicted-back": frozenWithMessage,
  // S6: the clock of the replica that takes over is ahead; a worker that still talks to the former primary trusts its lease.
  "A12-barrier": {
    ...quiet,
    messages: [message(1500), message(4000)],
    faults: [
      { at: 2500, kind: "join", process: "worker-2" },
      { at: 3900, kind: "cut", process: "worker-1", target: "chat-1", ms: 1000 },
      {
        at: 4200,
        kind: "redis-fail-over",
        lagMs: 0,
        ms: 20,
        clockOffsetMs: 5000,
        lingering: ["worker-1"],
        lingerMs: 4000,
      },
    ],
  },
  // S7: a worker's beats go on succeeding at a primary that is cut off.
  "A12-beat": {
    ...quiet,
    messages: [message(1500), message(4000)],
    faults: [
      { at: 2500, kind: "join", process: "worker-2" },
      { at: 3900, kind: "cut", process: "worker-1", target: "chat-1", ms: 3700 },
      {
        at: 4200,
        kind: "redis-fail-over",
        lagMs: 0,
        ms: 20,
        clockOffsetMs: 0,
        lingering: ["worker-1"],
        lingerMs: 5000,
      },
    ],
  },
  // S11: entries lie unread when their conversations are handed off, and looking at them is answered `stale`.
  A13: {
    ...quiet,
    noise: { ...quiet.noise, slowestMs: 50 },
    messages: [
      ...[1, 2, 3, 4].map((n) => message(2000 + n, "text", `c-${n}`)),
      ...Array.from({ length: 60 }, (_, i) => message(4000 + i * 10, "text", `c-${1 + (i % 4)}`)),
    ],
    faults: [
      { at: 3000, kind: "join", process: "worker-2" },
      { at: 4050, kind: "drain", process: "worker-1", backAfterMs: 1000 },
    ],
    options: { ...quiet.options, worker: { ...quiet.options["worker"], "mailbox-max": 2 } },
  },
  // S13: a worker is told to stop while a reply is under way.
  "A14-rest": {
    ...quiet,
    seed: "4",
    noise: { ...quiet.noise, slowestMs: 100 },
    chat: { ...quiet.chat, agents: answering },
    messages: [message(1500), message(4000)],
    faults: [
      { at: 2500, kind: "join", process: "worker-2" },
      {
        at: 3900,
        kind: "drain",
        process: "worker-1",
        backAfterMs: 1000,
        when: { call: "hub send", phase: "sent" },
      },
    ],
  },
  // The inbox of a dead worker is looked for when the registry has forgotten it.
  "A15-keys": {
    ...quiet,
    trafficMs: 25_000,
    messages: [message(1500)],
    faults: [
      { at: 6000, kind: "join", process: "worker-2" },
      { at: 12_000, kind: "crash", process: "worker-1", isProved: true, downMs: 500 },
    ],
    options: {
      ...quiet.options,
      cluster: { ...quiet.options["cluster"], "lease-ms": 60_000, "heartbeat-ms": 20_000, "leader-check-ms": 5000 },
    },
    afterMs: 3_700_000,
  },
  // S17: a message is in hand when its worker dies twice; deliveries-max is 2.
  A17: {
    ...quiet,
    messages: [message(1500)],
    faults: [1400, 1450].map((at) => ({
      at,
      kind: "crash",
      process: "worker-1",
      isProved: true,
      downMs: 100,
      when: { call: "chat create", phase: "sent" },
    })),
  },
  // A hand-off arrives again when its conversation has a new owner.
  "no-grant-check": {
    ...quiet,
    messages: [message(1500), message(9500)],
    faults: [
      { at: 2500, kind: "join", process: "worker-2" },
      { at: 4000, kind: "drain", process: "worker-1", backAfterMs: 1000 },
      {
        at: 4000,
        kind: "cut",
        process: "worker-1",
        target: "redis",
        ms: 10,
        lateMs: 5000,
        when: { call: "handoff", phase: "sent" },
      },
      { at: 7000, kind: "join", process: "worker-3" },
    ],
  },
  // Redis's clock steps forward while a worker, cut off from Redis, has a message in hand that it is about to post.
  "one-clock": {
    ...quiet,
    messages: [message(1500), message(3950)],
    faults: [
      { at: 2500, kind: "join", process: "worker-2" },
      { at: 3900, kind: "cut", process: "worker-1", target: "chat-1", ms: 1050 },
      { at: 4000, kind: "stall", process: "worker-1", target: "redis", ms: 5000 },
      { at: 4010, kind: "redis-clock", stepMs: 6000 },
    ],
    options: { ...quiet.options, redis: { ...quiet.options["redis"], "command-timeout-ms": 1500 } },
  },
  // A post leaves just before its worker's lease ends, and is executed after it.
  "no-hold": {
    ...quiet,
    messages: [message(1500), message(3950)],
    faults: [
      { at: 2500, kind: "join", process: "worker-2" },
      { at: 3900, kind: "cut", process: "worker-1", target: "chat-1", ms: 1050 },
      { at: 4000, kind: "stall", process: "worker-1", target: "redis", ms: 5000 },
      {
        at: 4900,
        kind: "stall",
        process: "worker-1",
        target: "chat-1",
        ms: 1310,
        when: { call: "chat send", phase: "sent" },
      },
    ],
    options: { ...quiet.options, redis: { ...quiet.options["redis"], "command-timeout-ms": 1500 } },
  },
  // A worker dies with more conversations than the other takes: a few move at a time, as sessions end.
  stragglers: {
    ...quiet,
    messages: twenty.flatMap((name) => [message(1500, "text", name), message(3950, "text", name)]),
    faults: [
      { at: 2500, kind: "join", process: "worker-2" },
      { at: 3900, kind: "chat-down", server: "chat-1", isSilent: false, ms: 1000 },
      { at: 4300, kind: "crash", process: "worker-1", isProved: true, downMs: 60_000 },
    ],
    chat: { ...quiet.chat, inactivityMs: 5000 },
    // Three times what the last of them takes.
    restMs: 20_000,
    options: {
      ...quiet.options,
      worker: { ...quiet.options["worker"], "sessions-max": 2 },
      dispatcher: { ...quiet.options["dispatcher"], "rehome-count": 1 },
    },
  },
};
