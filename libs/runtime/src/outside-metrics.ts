import type { Metrics } from "./metrics.ts";

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
    help: "Calls to the hub and to chat servers, by target, operation and outcome",
    labels: ["target", "operation", "outcome"],
  });
  return ({ target, operation, outcome, durationMs }) =>
    durations.of({ target, operation, outcome }).observe(durationMs / 1000);
}
