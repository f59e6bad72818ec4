import type { CallTrace, Clock, Mishap, Outcome } from "@dms/rules";
import type { Answer, ExchangeRequest } from "./exchange.ts";

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
  trace?: CallTrace | undefined;
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

/** Makes one exchange, and shows it to whoever wants to see what goes over the wire. */
export async function traceExchange(
  watch: CallWatch & { operation: string },
  request: ExchangeRequest,
  make: () => Promise<Answer | Mishap>,
): Promise<Answer | Mishap> {
  const { trace, clock, target, operation } = watch;
  if (trace?.isOn() !== true) return make();
  const startedMs = clock.monotonic();
  const answer = await make();
  const { url, method, headers, body } = request;
  trace.note({
    target,
    operation,
    method,
    scheme: url.protocol === "https:" ? "https" : "http",
    address: url.host + url.pathname + url.search,
    request: body === undefined ? null : { type: headers["content-type"] ?? "", body },
    answer:
      answer.kind === "answer"
        ? { status: answer.status, type: answer.headers["content-type"] ?? "", body: answer.bytes }
        : null,
    fault: answer.kind === "answer" ? "" : faultOf(answer),
    durationMs: clock.monotonic() - startedMs,
  });
  return answer;
}

function faultOf(mishap: Mishap): string {
  return mishap.kind === "error" ? mishap.errorCode : mishap.kind;
}
