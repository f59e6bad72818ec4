import type { Plan } from "../plan.ts";
import { answering, lostTail, message, quiet } from "./script.ts";

/** Histories in which Redis loses a tail, or a command arrives late. */
export const durableScripts: Record<string, Plan> = {
  // A channel's first message is not the hub's first. Without the rule it is fetched again and again, without a pause.
  "A1-after": { ...quiet, trafficMs: 3000, messages: [{ ...message(1500), skip: 1 }], restMs: 5000 },
  // S1: settle(1) arrives again when settle(2) has been executed, and then the session ends.
  "A4-max": {
    ...quiet,
    messages: [message(1500), message(2500)],
    faults: [
      {
        at: 1400,
        kind: "cut",
        process: "worker-1",
        target: "redis",
        ms: 10,
        lateMs: 3000,
        when: { call: "settle", phase: "sent" },
      },
      { at: 6000, kind: "end-session", conversation: "c-1" },
    ],
  },
  // A worker dies when it has shown a message that it has not settled.
  "A4-surplus": {
    ...quiet,
    messages: [message(1500), message(4000)],
    faults: [
      { at: 2500, kind: "join", process: "worker-2" },
      {
        at: 3900,
        kind: "crash",
        process: "worker-1",
        isProved: true,
        downMs: 3000,
        when: { call: "chat send", phase: "executed" },
      },
    ],
  },
  // D4: a leader stops between a dead worker's conversation and its entries; the conversation's life ends meanwhile.
  "A5-life": {
    ...quiet,
    seed: "2",
    dispatchers: ["dispatcher-1", "dispatcher-2"],
    messages: [message(1500), message(1510, "text", "c-2"), message(4000), message(4700), message(5800)],
    faults: [
      { at: 2500, kind: "join", process: "worker-2" },
      {
        at: 3900,
        kind: "crash",
        process: "worker-1",
        isProved: true,
        downMs: 8000,
        when: { call: "chat send", phase: "executed" },
      },
      { at: 3900, kind: "freeze", process: "dispatcher-1", ms: 1800, when: { call: "rehome", phase: "executed" } },
      { at: 5200, kind: "end-session", conversation: "c-1" },
    ],
    options: { ...quiet.options, dispatcher: { ...quiet.options["dispatcher"], "rehome-count": 1 } },
    // Without the rule a message is shown again and again, without a pause.
    restMs: 5000,
  },
  // D5: open of an abandoned session arrives after that of the next one, whose owner then dies.
  "A6-open": {
    ...quiet,
    messages: [message(1500), message(5600)],
    faults: [
      {
        at: 1400,
        kind: "cut",
        process: "worker-1",
        target: "redis",
        ms: 10,
        lateMs: 2500,
        when: { call: "open", phase: "sent" },
      },
      { at: 5000, kind: "join", process: "worker-2" },
      { at: 5500, kind: "crash", process: "worker-1", isProved: false, downMs: 60_000 },
    ],
  },
  // S2: advance of the first session arrives in the second one, whose owner has died before it sent a reply of it.
  "A6-advance": {
    ...quiet,
    chat: { ...quiet.chat, agents: answering },
    messages: [message(1500), message(4000)],
    faults: [
      {
        at: 1400,
        kind: "cut",
        process: "worker-1",
        target: "redis",
        ms: 10,
        lateMs: 3000,
        when: { call: "advance", phase: "sent" },
      },
      {
        at: 3900,
        kind: "end-session",
        conversation: "c-1",
        process: "worker-1",
        when: { call: "chat send", phase: "sent" },
      },
      {
        at: 3900,
        kind: "crash",
        process: "worker-1",
        isProved: false,
        downMs: 1000,
        when: { call: "chat send", phase: "executed", nth: 2 },
      },
    ],
  },
  // D6: a conversation is handed off; the move is lost, and its former owner shows what the new one is about to show.
  "A7-load": {
    ...quiet,
    messages: [message(1500), message(4000), message(4100)],
    faults: [
      { at: 2500, kind: "join", process: "worker-2" },
      {
        at: 3900,
        kind: "stall",
        process: "worker-1",
        target: "chat-1",
        ms: 400,
        when: { call: "chat send", phase: "sent" },
      },
      { at: 4050, kind: "drain", process: "worker-1", backAfterMs: 1000 },
      lostTail(4050, "handoff", { lagMs: 30, lingering: ["worker-2"], lingerMs: 2500 }),
      {
        at: 4050,
        kind: "stall",
        process: "worker-2",
        target: "chat-1",
        ms: 1300,
        when: { call: "chat send", phase: "sent" },
      },
    ],
  },
  // A message is shown in a session whose handle is lost.
  "A7-open": { ...quiet, messages: [message(1500)], faults: [lostTail(1400, "open", { lagMs: 20 })] },
  // D7: the second message is buried, the third shown, and the burial lost: there are two posts, as if of the first two.
  "A8-durable": {
    ...quiet,
    messages: [message(1500), message(2500, "refused"), message(2510)],
    faults: [lostTail(2400, "bury", { lagMs: 50 })],
  },
  // D10: a settle is lost; its entry is back, where nobody reads it again.
  A11: { ...quiet, messages: [message(1500), message(4000)], faults: [lostTail(1400, "settle", { lagMs: 300 })] },
};
