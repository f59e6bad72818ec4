import type { JobState } from "@dms/rules";
import type { EventViews, Metrics } from "@dms/runtime";

/** Jobs in all processes together, and what this one did of them. */
export function observeJobs(metrics: Metrics): EventViews {
  const seen = new Map<string, Readonly<Record<JobState, number>>>();
  metrics.gauge({
    name: "dms_jobs",
    help: "Jobs of the cluster by queue and state, as this process last counted them; of those that have ended, the ones that are kept",
    labels: ["queue", "state"],
    read: () =>
      [...seen].flatMap(([queue, counts]) =>
        Object.entries(counts).map(([state, count]) => [{ queue, state }, count] as const),
      ),
  });
  const ended = metrics.counter({
    name: "dms_job_runs_total",
    help: "Runs of jobs that ended in this process",
    labels: ["job", "outcome"],
  });
  const duration = metrics.histogram({
    name: "dms_job_run_seconds",
    help: "How long they took",
    labels: ["job"],
    buckets: [0.01, 0.1, 1, 10, 60, 600, 3600],
  });
  const stalled = metrics.counter({
    name: "dms_jobs_stalled_total",
    help: "Jobs whose process died or lost them, seen by this one",
  });
  return {
    "jobs-seen": { level: null, count: ({ queue, counts }) => void seen.set(queue, counts) },
    "job-ended": {
      level: ({ outcome }) => (outcome === "failed" ? "error" : outcome === "again" ? "warn" : "info"),
      count: ({ job, outcome, durationMs }) => {
        ended.of({ job, outcome }).add();
        duration.of({ job }).observe(durationMs / 1000);
      },
    },
    "job-stalled": { level: "warn", count: () => stalled.add() },
  };
}
