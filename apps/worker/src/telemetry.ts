import type { ClusterEvent, Emit } from "@dms/rules";
import { type Clock, type Logger, LogThrottle, type Metrics } from "@dms/runtime";

/** What the gauges read at each scrape. */
export interface WorkerFigures {
  sessions: number;
  pending: number;
  hasLease: boolean;
}

type Level = "debug" | "info" | "warn" | "error";

/** Events that an operator wants to find in the log, and how loud each is; all others are `debug`. */
const levels: Partial<Record<ClusterEvent["type"], Level>> = {
  "member-joined": "info",
  "lease-lost": "error",
  "member-left": "info",
  waiting: "warn",
  "message-shown": "info",
  "message-buried": "error",
  "duplicate-suppressed": "info",
  "duplicate-possible": "error",
  "post-failed": "warn",
  "conversation-moved": "info",
  "conversation-refused": "info",
  "session-opened": "info",
  "session-ended": "info",
  "transcript-renumbered": "info",
  "reply-failed": "warn",
  "reply-refused": "error",
  "reply-conflict": "error",
  "redis-reset": "warn",
  "redis-failed": "warn",
  "drain-started": "info",
  "drain-ended": "info",
  ordered: "info",
};

/** Failures that come by the thousand in an outage: one line of a kind at a time is enough. */
function repeatedKind(event: ClusterEvent): string | null {
  if (event.type === "redis-failed") return `redis ${event.doing} ${event.code}`;
  if (event.type === "post-failed" || event.type === "reply-failed") return `${event.type} ${event.code}`;
  return null;
}

/** Turns the core's events into log lines and metrics; the only place where the two are decided. */
export function observeWorker(
  logger: Logger,
  metrics: Metrics,
  clock: Clock,
): { emit: Emit; watch: (read: () => WorkerFigures) => void } {
  const count = workerCounters(metrics);
  const throttle = new LogThrottle(clock);
  return {
    emit: (event) => {
      count(event);
      const { type, ...facts } = event;
      const repeats = repeatedKind(event);
      const omitted = repeats === null ? 0 : throttle.admit(repeats);
      if (omitted === null) return;
      logger[levels[type] ?? "debug"]({ event: type, ...facts, ...(omitted > 0 && { omitted }) }, type);
    },
    watch: (read) => {
      metrics.gauge({ name: "dms_sessions", help: "Conversations held", read: () => read().sessions });
      metrics.gauge({ name: "dms_pending_entries", help: "Entries read and not settled", read: () => read().pending });
      metrics.gauge({
        name: "dms_lease_held",
        help: "1 while this worker is a member of the cluster",
        read: () => Number(read().hasLease),
      });
    },
  };
}

function workerCounters(metrics: Metrics): (event: ClusterEvent) => void {
  const messages = metrics.counter({
    name: "dms_messages_total",
    help: "Messages done with, by outcome",
    labels: ["outcome"],
  });
  const latency = metrics.histogram({
    name: "dms_message_latency_seconds",
    help: "From the time a customer sent a message to its place in the chat",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  });
  const replies = metrics.counter({
    name: "dms_replies_total",
    help: "Agents' messages by outcome",
    labels: ["outcome"],
  });
  const suppressed = metrics.counter({
    name: "dms_duplicates_suppressed_total",
    help: "Posts found in a transcript and not made again",
  });
  const duplicates = metrics.counter({
    name: "dms_duplicates_shown_total",
    help: "Messages that may have been shown twice, for their transcript could no longer be read",
  });
  const refused = metrics.counter({
    name: "dms_transitions_refused_total",
    help: "Transitions answered stale or gone",
    labels: ["transition", "status"],
  });
  const moves = metrics.counter({
    name: "dms_conversations_handed_off_total",
    help: "Conversations given to another worker",
    labels: ["cause"],
  });
  const sessions = metrics.counter({ name: "dms_sessions_total", help: "Chat sessions by event", labels: ["event"] });
  const leases = metrics.counter({ name: "dms_leases_lost_total", help: "Leases lost, by cause", labels: ["cause"] });
  const redis = metrics.counter({
    name: "dms_redis_failures_total",
    help: "Calls to Redis that failed and were tried again, by operation",
    labels: ["operation"],
  });
  const counters: Partial<{ [T in ClusterEvent["type"]]: (event: Extract<ClusterEvent, { type: T }>) => void }> = {
    "message-shown": (event) => {
      messages.of({ outcome: "shown" }).add();
      latency.observe(event.latencyMs / 1000);
    },
    "message-buried": ({ reason }) => messages.of({ outcome: `dead-${reason}` }).add(),
    "duplicate-suppressed": ({ posts }) => suppressed.add(posts),
    "duplicate-possible": () => duplicates.add(),
    "conversation-refused": ({ transition, status }) => refused.of({ transition, status }).add(),
    "conversation-moved": ({ cause }) => moves.of({ cause }).add(),
    "session-opened": () => sessions.of({ event: "opened" }).add(),
    "session-ended": () => sessions.of({ event: "ended" }).add(),
    "reply-sent": ({ isReplayed }) => replies.of({ outcome: isReplayed ? "replayed" : "sent" }).add(),
    "reply-refused": () => replies.of({ outcome: "refused" }).add(),
    "reply-conflict": () => replies.of({ outcome: "conflict" }).add(),
    "reply-failed": () => replies.of({ outcome: "failed" }).add(),
    "lease-lost": ({ cause }) => leases.of({ cause }).add(),
    "redis-failed": ({ doing }) => redis.of({ operation: doing }).add(),
  };
  return (event) => {
    const counter = counters[event.type] as ((event: ClusterEvent) => void) | undefined;
    counter?.(event);
  };
}
