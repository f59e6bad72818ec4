import type { ClusterEvent, Emit } from "@dms/rules";
import { type Clock, type Logger, LogThrottle, type Metrics } from "@dms/runtime";

/** What the gauges read at each scrape. */
export interface DispatcherFigures {
  leading: number;
  channelsFetched: number;
  hasLease: boolean;
}

type Level = "debug" | "info" | "warn" | "error";

/** Events that an operator wants to find in the log, and how loud each is; all others are `debug`. */
const levels: Partial<Record<ClusterEvent["type"], Level>> = {
  "member-joined": "info",
  "lease-lost": "error",
  "member-left": "info",
  waiting: "warn",
  "fetch-failed": "warn",
  "fetch-behind": "warn",
  "fetch-gap": "error",
  "fetch-paused": "warn",
  "fetch-resumed": "info",
  "message-malformed": "error",
  "fetcher-gained": "info",
  "fetcher-lost": "info",
  "leader-gained": "info",
  "leader-lost": "info",
  "member-admitted": "info",
  "member-evicted": "warn",
  rehomed: "info",
  "redis-failed": "warn",
};

/** Failures that come by the thousand in an outage: one line of a kind at a time is enough. */
function repeatedKind(event: ClusterEvent): string | null {
  if (event.type === "redis-failed") return `redis ${event.doing} ${event.code}`;
  if (event.type === "fetch-failed") return `fetch ${event.channel} ${event.operation} ${event.code}`;
  return null;
}

/** Turns the core's events into log lines and metrics; the only place where the two are decided. */
export function observeDispatcher(
  logger: Logger,
  metrics: Metrics,
  clock: Clock,
): { emit: Emit; watch: (read: () => DispatcherFigures) => void } {
  const count = dispatcherCounters(metrics);
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
      metrics.gauge({ name: "dms_partitions_led", help: "Partitions led", read: () => read().leading });
      metrics.gauge({
        name: "dms_channels_fetched",
        help: "Channels fetched from",
        read: () => read().channelsFetched,
      });
      metrics.gauge({
        name: "dms_dispatcher_lease_held",
        help: "1 while this dispatcher is a member of the cluster",
        read: () => Number(read().hasLease),
      });
    },
  };
}

function dispatcherCounters(metrics: Metrics): (event: ClusterEvent) => void {
  const pulled = metrics.counter({
    name: "dms_messages_pulled_total",
    help: "Messages fetched from the hub, by channel and outcome",
    labels: ["channel", "outcome"],
  });
  const fetchFailures = metrics.counter({
    name: "dms_fetch_failures_total",
    help: "Fetches, accepts and confirmations that failed and were tried again",
    labels: ["channel", "operation", "code"],
  });
  const confirmed = metrics.gauge({
    name: "dms_confirmed_sequence",
    help: "How far a channel is confirmed to the hub",
    labels: ["channel"],
  });
  const backlog = metrics.gauge({
    name: "dms_backlog_entries",
    help: "Entries assigned or unplaced and not settled, of partitions led",
    labels: ["partition"],
  });
  const dead = metrics.gauge({
    name: "dms_dead_letters",
    help: "Dead letters, of partitions led",
    labels: ["partition"],
  });
  const evicted = metrics.counter({
    name: "dms_members_evicted_total",
    help: "Members evicted, by cause",
    labels: ["cause"],
  });
  const rehomed = metrics.counter({
    name: "dms_conversations_rehomed_total",
    help: "Conversations moved away from members that are gone, by cause",
    labels: ["cause"],
  });
  const gaps = metrics.counter({
    name: "dms_sequence_gaps_total",
    help: "Sequences confirmed to the hub that a partition had lost",
    labels: ["channel"],
  });
  const counters: Partial<{ [T in ClusterEvent["type"]]: (event: Extract<ClusterEvent, { type: T }>) => void }> = {
    "batch-accepted": ({ channel, accepted, skipped }) => {
      pulled.of({ channel, outcome: "accepted" }).add(accepted);
      pulled.of({ channel, outcome: "repeated" }).add(skipped);
    },
    "message-malformed": ({ channel }) => pulled.of({ channel, outcome: "malformed" }).add(),
    "fetch-failed": ({ channel, operation, code }) => fetchFailures.of({ channel, operation, code }).add(),
    "batch-confirmed": ({ channel, upTo }) => confirmed.of({ channel }).set(upTo),
    backlog: ({ partition, ...figures }) => {
      backlog.of({ partition: String(partition) }).set(figures.backlog);
      dead.of({ partition: String(partition) }).set(figures.deadLetters);
    },
    "member-evicted": ({ cause }) => evicted.of({ cause }).add(),
    rehomed: ({ cause, conversations }) => rehomed.of({ cause }).add(conversations),
    "fetch-gap": ({ channel, sequences }) => gaps.of({ channel }).add(sequences),
  };
  return (event) => {
    const counter = counters[event.type] as ((event: ClusterEvent) => void) | undefined;
    counter?.(event);
  };
}
