import type { Clock, MemberRole } from "@dms/rules";
import type { Metrics, Reading } from "../metrics.ts";
import type { EventViews } from "./event-views.ts";

/** What every member's gauges read at each scrape. */
export interface MemberFigures {
  hasLease: boolean;
}

interface MemberViewOptions {
  metrics: Metrics;
  clock: Clock;
  role: MemberRole;
  /** The loops whose turns show that the member works, each with the events that end a turn of it. */
  progress: Partial<Record<string, readonly (keyof EventViews)[]>>;
}

/**
 * What is seen of any member: its lease, its failures with Redis, the moves of conversations, and whether its loops still turn.
 * A process that is two members registers both under one name each, told apart by `role`.
 */
export function memberViews(options: MemberViewOptions): {
  views: EventViews;
  /** Counts the turns of loops besides what the other views count. */
  withProgress: (views: EventViews) => EventViews;
  watch: (read: () => MemberFigures) => void;
} {
  const { metrics, role } = options;
  return {
    views: { ...leaseViews(metrics, role), ...redisViews(metrics), ...plainViews },
    withProgress: watchProgress(options),
    watch: (read) => {
      metrics.gauge({
        name: "dms_lease_held",
        help: "1 while the member holds its lease",
        labels: ["role"],
        read: () => [[{ role }, Number(read().hasLease)]],
      });
    },
  };
}

const plainViews: EventViews = {
  "member-left": { level: "info" },
  waiting: { level: "warn", kind: ({ for: what }) => `waiting for ${what}` },
};

function leaseViews(metrics: Metrics, role: MemberRole): EventViews {
  const joins = metrics.counter({ name: "dms_joins_total", help: "Joins, each a new incarnation", labels: ["role"] });
  const late = metrics.histogram({
    name: "dms_lease_renewal_late_seconds",
    help: "How long after it was due a renewal was sent, of those that were answered",
    labels: ["role"],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  });
  const lost = metrics.counter({
    name: "dms_leases_lost_total",
    help: "Leases that ended before the member gave them up",
    labels: ["role", "cause"],
  });
  const lateOfRole = late.of({ role });
  for (const cause of ["evicted", "expired"]) lost.of({ role, cause }).add(0);
  joins.of({ role }).add(0);
  return {
    "member-joined": { level: "info", count: () => joins.of({ role }).add() },
    "lease-renewed": { count: ({ lateMs }) => lateOfRole.observe(lateMs / 1000) },
    "lease-lost": { level: "error", count: ({ cause }) => lost.of({ role, cause }).add() },
  };
}

function redisViews(metrics: Metrics): EventViews {
  const failures = metrics.counter({
    name: "dms_redis_failures_total",
    help: "Calls to Redis that failed and are tried again",
    labels: ["operation", "code"],
  });
  const resets = metrics.counter({
    name: "dms_redis_resets_total",
    help: "Times that a worker forgot what it knew of Redis, for a connection was lost",
  });
  return {
    "redis-failed": {
      level: "warn",
      kind: ({ doing, code }) => `redis ${doing} ${code}`,
      count: ({ doing, code }) => failures.of({ operation: doing, code }).add(),
    },
    // Without Redis it comes with each try to reach it, many times a second.
    "redis-reset": { level: "warn", kind: () => "redis-reset", count: () => resets.add() },
  };
}

/** The latest turn of each loop: what stands still although the process lives is seen by its age. */
function watchProgress({ metrics, clock, role, progress }: MemberViewOptions): (views: EventViews) => EventViews {
  const turns = new Map(Object.keys(progress).map((loop) => [loop, clock.wall()]));
  metrics.gauge({
    name: "dms_progress_timestamp_seconds",
    help: "When a loop last came to the end of a turn, in seconds since 1970",
    labels: ["role", "loop"],
    read: () => [...turns].map(([loop, at]): Reading<"role" | "loop"> => [{ role, loop }, at / 1000]),
  });
  return (views) => {
    const all: EventViews = { ...views };
    for (const [loop, types = []] of Object.entries(progress)) {
      for (const type of types) {
        const view = all[type] as { count?: (event: never) => void } | undefined;
        const turn = (event: never): void => {
          turns.set(loop, clock.wall());
          view?.count?.(event);
        };
        Object.assign(all, { [type]: { ...view, count: turn } });
      }
    }
    return all;
  };
}
