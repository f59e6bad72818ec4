import type { HistogramSeries, Metrics } from "../metrics.ts";

/** One finished call to the hub or a chat server. */
interface FinishedCall {
  target: string;
  operation: string;
  outcome: string;
  durationMs: number;
}

/** Counts and times calls to the outside; the answer is what the clients take as `onCall`. */
export function observeCalls(metrics: Metrics): (call: FinishedCall) => void {
  const durations = metrics.histogram({
    name: "dms_outside_call_seconds",
    help: "Calls to the hub and to chat servers, however many servers each tried",
    labels: ["target", "operation", "outcome"],
  });
  const known = new Map<string, HistogramSeries>();
  return ({ target, operation, outcome, durationMs }) => {
    const key = `${target} ${operation} ${outcome}`;
    let series = known.get(key);
    if (series === undefined) known.set(key, (series = durations.of({ target, operation, outcome })));
    series.observe(durationMs / 1000);
  };
}
