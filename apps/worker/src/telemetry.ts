import type { Emit } from "@dms/rules";
import {
  type Clock,
  type EventViews,
  type Logger,
  type MemberFigures,
  memberViews,
  type Metrics,
  observeEvents,
} from "@dms/runtime";
import { moveViews, replyViews, sessionViews } from "./telemetry-views.ts";

/** What the gauges read at each scrape. */
export interface WorkerFigures extends MemberFigures {
  /** Conversations held, and how many this worker takes. */
  conversations: number;
  conversationsMax: number;
  /** Chat sessions open among them. */
  sessions: number;
  /** Entries read and not settled, and how many are kept in memory. */
  pending: number;
  pendingMax: number;
  /** Outside calls under way, and how many may be. */
  effects: number;
  effectsMax: number;
  /** Bytes of files in hand, and how many may be. */
  filesBytes: number;
  filesBytesMax: number;
  /** When the oldest message in hand was sent, wall clock ms; null when there is none. */
  oldestAt: number | null;
}

/** Events that end a turn of a loop: what is held goes on, or the inboxes are read. */
const progress = {
  inbox: ["inbox-read"],
  lanes: [
    "message-shown",
    "message-noted",
    "message-buried",
    "post-failed",
    "conversation-loaded",
    "conversation-reconciled",
    "reply-sent",
    "reply-failed",
  ],
} as const;

/** Turns the core's events into log lines and metrics; the only place where the two are decided. */
export function observeWorker(
  logger: Logger,
  metrics: Metrics,
  clock: Clock,
): { emit: Emit; watch: (read: () => WorkerFigures) => void } {
  const member = memberViews({ metrics, clock, role: "worker", progress });
  const views = { ...messageViews(metrics), ...sessionViews(metrics), ...replyViews(metrics), ...moveViews(metrics) };
  return {
    emit: observeEvents({ logger, clock }, member.withProgress({ ...member.views, ...views })),
    watch: (read) => {
      member.watch(read);
      watchLoad(metrics, read);
      metrics.gauge({
        name: "dms_held_message_age_seconds",
        help: "Age of the oldest message in hand and not settled, since the hub says it was sent; 0 when there is none",
        read: () => Math.max(0, clock.wall() - (read().oldestAt ?? clock.wall())) / 1000,
      });
    },
  };
}

function watchLoad(metrics: Metrics, read: () => WorkerFigures): void {
  const gauges = [
    ["dms_conversations", "Conversations held", (now) => now.conversations],
    ["dms_conversations_max", "Conversations that this worker takes at most", (now) => now.conversationsMax],
    ["dms_sessions", "Chat sessions open", (now) => now.sessions],
    ["dms_pending_entries", "Entries read and not settled", (now) => now.pending],
    ["dms_pending_entries_max", "Entries that wait in memory at most", (now) => now.pendingMax],
    ["dms_effects_running", "Outside calls under way", (now) => now.effects],
    ["dms_effects_running_max", "Outside calls that may be under way at once", (now) => now.effectsMax],
    ["dms_files_bytes", "Bytes that files on their way take of the room for them", (now) => now.filesBytes],
    ["dms_files_bytes_max", "Bytes of room for files on their way", (now) => now.filesBytesMax],
  ] satisfies [`dms_${string}`, string, (now: WorkerFigures) => number][];
  for (const [name, help, figure] of gauges) metrics.gauge({ name, help, read: () => figure(read()) });
}

const latencyBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

function messageViews(metrics: Metrics): EventViews {
  const messages = metrics.counter({
    name: "dms_messages_total",
    help: "Messages done with: shown, noted (nothing to show) or dead",
    labels: ["outcome"],
  });
  const latency = metrics.histogram({
    name: "dms_message_latency_seconds",
    help: "From the time that the hub gives a message to its place in the chat",
    buckets: latencyBuckets,
  });
  const delivery = metrics.histogram({
    name: "dms_delivery_seconds",
    help: "Of that, the time since its owner had it as the head of its conversation",
    buckets: latencyBuckets,
  });
  const dead = metrics.counter({
    name: "dms_dead_letters_total",
    help: "Messages and replies that this process buried, by reason",
    labels: ["reason"],
  });
  const [shown, noted, buried] = ["shown", "noted", "dead"].map((outcome) => messages.of({ outcome }));
  for (const series of [shown, noted, buried]) series?.add(0);
  for (const reason of ["malformed", "rejected", "crashing", "missing", "no-session", "reply-rejected"]) {
    dead.of({ reason }).add(0);
  }
  const retries = metrics.counter({
    name: "dms_retries_total",
    help: "Calls that failed and are made again, by what they were for and how they failed",
    labels: ["purpose", "code"],
  });
  return {
    "message-shown": {
      level: "info",
      count: ({ latencyMs, deliveryMs }) => {
        shown?.add();
        latency.observe(latencyMs / 1000);
        delivery.observe(deliveryMs / 1000);
      },
    },
    "message-noted": { count: () => noted?.add() },
    "message-buried": {
      // A receipt that is to open no session is out of the way as configured: nobody need look.
      level: ({ reason }) => (reason === "no-session" ? "info" : "error"),
      count: ({ reason }) => {
        buried?.add();
        dead.of({ reason }).add();
      },
    },
    "post-failed": {
      level: "warn",
      kind: ({ code }) => `post-failed ${code}`,
      count: ({ code }) => retries.of({ purpose: "post", code }).add(),
    },
  };
}
