import type { Clock, Outcome } from "@dms/rules";

/** One finished call to the outside, for metrics: how it ended and how long the caller waited for it. */
export interface OutsideCall {
  target: "hub" | "chat";
  operation: string;
  /** `ok` or the failure's code. */
  outcome: string;
  durationMs: number;
}

export interface CallWatch {
  target: OutsideCall["target"];
  clock: Clock;
  onCall?: ((call: OutsideCall) => void) | undefined;
}

/** Runs a call and reports it once; answers what the call answers. */
export async function watchCall<T>(
  watch: CallWatch,
  operation: string,
  call: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const startedMs = watch.clock.monotonic();
  const outcome = await call();
  const durationMs = watch.clock.monotonic() - startedMs;
  watch.onCall?.({ target: watch.target, operation, outcome: outcome.ok ? "ok" : outcome.failure.code, durationMs });
  return outcome;
}
