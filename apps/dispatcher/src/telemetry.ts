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
import { observeFetching } from "./telemetry-fetching.ts";
import { observeJobs } from "./telemetry-jobs.ts";
import { observePartitions } from "./telemetry-partitions.ts";

/** What the gauges read at each scrape. */
export interface DispatcherFigures extends MemberFigures {
  /** Partitions led now. */
  leading: ReadonlySet<number>;
  partitions: number;
  /** Channels configured, and those of them fetched from here. */
  channels: readonly string[];
  fetching: ReadonlySet<string>;
}

/** Events that end a turn of a loop: a look at the cluster, or a fetch that the hub answered. */
const progress = { look: ["looked"], fetch: ["batch-fetched", "fetch-failed", "fetch-paused"] } as const;

/** Turns the core's events into log lines and metrics; the only place where the two are decided. */
export function observeDispatcher(
  logger: Logger,
  metrics: Metrics,
  clock: Clock,
): { emit: Emit; watch: (read: () => DispatcherFigures) => void } {
  const member = memberViews({ metrics, clock, role: "dispatcher", progress });
  const partitions = observePartitions(metrics, clock);
  const fetching = observeFetching(metrics);
  const views = {
    ...member.views,
    ...fetching.views,
    ...partitions.views,
    ...leaderViews(metrics),
    ...observeJobs(metrics),
  };
  return {
    emit: observeEvents({ logger, clock }, member.withProgress(views)),
    watch: (read) => {
      member.watch(read);
      partitions.watch(read);
      fetching.watch(read);
    },
  };
}

/** Causes of a move that a leader makes: how the former owner went, or that a worker came for what waited. */
const causes = ["expired", "proved", "left", "forgotten"] as const;

function leaderViews(metrics: Metrics): EventViews {
  const evicted = metrics.counter({
    name: "dms_members_evicted_total",
    help: "Members that a led partition evicted, once for each partition",
    labels: ["cause"],
  });
  const detected = metrics.histogram({
    name: "dms_failover_detect_seconds",
    help: "From the end of a member's lease to its eviction",
    labels: ["cause"],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10],
  });
  const moved = metrics.counter({
    name: "dms_conversations_moved_total",
    help: "Conversations that were given to another owner, counted by who gave them",
    labels: ["cause"],
  });
  for (const cause of causes) evicted.of({ cause }).add(0);
  for (const cause of [...causes, "placeable"]) moved.of({ cause }).add(0);
  return {
    "leader-gained": { level: "info" },
    "leader-lost": { level: "info" },
    "member-admitted": { level: "info" },
    "member-evicted": {
      level: "warn",
      count: ({ cause, sinceLeaseEndMs }) => {
        evicted.of({ cause }).add();
        detected.of({ cause }).observe(sinceLeaseEndMs / 1000);
      },
    },
    rehomed: { level: "info", count: ({ cause, conversations }) => moved.of({ cause }).add(conversations) },
  };
}
