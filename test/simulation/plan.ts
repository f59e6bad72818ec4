import type { ChatPlan } from "./chat.ts";

/** What a message is, and what it does to those who meet it. */
export type MessageKind =
  | "text"
  | "media"
  | "lost-media"
  | "typing"
  | "ended"
  | "receipt"
  | "malformed"
  | "refused"
  | "killer";

/** A customer's message; `at` in virtual milliseconds. */
export interface PlannedMessage {
  at: number;
  conversation: string;
  kind: MessageKind;
  /** Sequences that the hub leaves out before it. */
  skip: number;
}

/** A moment that is known by what a process does: its next call of a name, when that is sent, or when it was executed. */
export interface Trigger {
  /** A transition, or as in "chat send" and "hub confirm". */
  call: string;
  phase: "sent" | "executed";
  /** Which of these calls; the first one without it. */
  nth?: number;
}

/**
 * The replica takes over. It has lagged for `lagMs` by then; nobody is primary for `ms`; the processes `lingering` go on
 * talking to the former primary for `lingerMs` more.
 */
export interface FailOver {
  kind: "redis-fail-over";
  /** Whose call it waits for; "*" for anybody's. */
  process?: string;
  when?: Trigger;
  lagMs: number;
  ms: number;
  clockOffsetMs: number;
  lingering: string[];
  lingerMs: number;
  /** All that no WAIT has counted is lost; without it chance keeps some. */
  isWhole?: boolean;
}

/** One thing that goes wrong, or that an operator does; `at` and `ms` in virtual milliseconds. */
export type Fault = { at: number } & (
  | { kind: "crash"; process: string; isProved: boolean; downMs: number; when?: Trigger }
  | { kind: "freeze"; process: string; ms: number; when?: Trigger }
  | { kind: "slow"; process: string; ms: number; lagMs: number }
  | { kind: "stall"; process: string; target: string; ms: number; when?: Trigger }
  /** What is under way arrives `lateMs` later; without it chance says how much of it arrives, and when. */
  | { kind: "cut"; process: string; target: string; ms: number; when?: Trigger; lateMs?: number }
  | { kind: "hub-down"; isSilent: boolean; ms: number }
  | { kind: "chat-down"; server: string; isSilent: boolean; ms: number }
  | { kind: "redis-restart"; ms: number }
  | FailOver
  /** Redis's clock is another by so much from then on. */
  | { kind: "redis-clock"; stepMs: number }
  | { kind: "replica-stall"; ms: number }
  | { kind: "confirms-lost"; ms: number }
  | { kind: "script-flush" }
  | { kind: "redis-full"; ms: number }
  | { kind: "join"; process: string }
  | { kind: "drain"; process: string; backAfterMs: number; when?: Trigger }
  | { kind: "block-customer"; conversation: string }
  | { kind: "end-session"; conversation: string; process?: string; when?: Trigger }
  | { kind: "restore-sessions"; server: string }
  | { kind: "lose-entry" }
);

export type FaultKind = Fault["kind"];

/** Shares of calls that something befalls, from 0 to 1, while the traffic runs; `slowestMs` is the slowest way anywhere. */
export interface Noise {
  lostBefore: number;
  lostAfter: number;
  late: number;
  busy: number;
  broken: number;
  repeated: number;
  unauthorized: number;
  /** Of commands to Redis whose connection breaks, before or after they are executed. */
  redisReset: number;
  slowestMs: number;
}

/** Everything that makes a run: with it and its seed the run is the same, byte for byte. */
export interface Plan {
  seed: string;
  durability: "none" | "fsync" | "replicas: 1";
  partitions: number;
  dispatchers: string[];
  workers: string[];
  /** Milliseconds during which faults and noise happen; customers write until then. */
  trafficMs: number;
  messages: PlannedMessage[];
  faults: Fault[];
  noise: Noise;
  chat: ChatPlan;
  /** Options of the processes' configuration, by section. */
  options: Record<string, Record<string, unknown>>;
  /** How long everything goes on once it is at rest, before the last look; milliseconds. */
  afterMs?: number;
  /** How long it has to come to rest once it is healed; milliseconds, 90 s without it. */
  restMs?: number;
}

export const silence: Noise = {
  lostBefore: 0,
  lostAfter: 0,
  late: 0,
  busy: 0,
  broken: 0,
  repeated: 0,
  unauthorized: 0,
  redisReset: 0,
  slowestMs: 2,
};

export const effectMs = 700;
export const leaseMs = 2000;
export const provedGraceMs = 300;
