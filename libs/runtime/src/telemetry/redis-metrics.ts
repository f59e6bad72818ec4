import type { HistogramSeries, Metrics } from "../metrics.ts";

/** Counts and times commands; the answer is what the stores take as `onCommand`. */
export function observeRedis(metrics: Metrics): (command: string, outcome: string, durationMs: number) => void {
  const durations = metrics.histogram({
    name: "dms_redis_command_seconds",
    help: "Scripts and commands to Redis, until they were answered or given up",
    labels: ["command", "outcome"],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
  });
  const known = new Map<string, HistogramSeries>();
  return (command, outcome, durationMs) => {
    const key = `${command} ${outcome}`;
    let series = known.get(key);
    if (series === undefined) known.set(key, (series = durations.of({ command, outcome })));
    series.observe(durationMs / 1000);
  };
}
