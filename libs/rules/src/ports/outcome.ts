/**
 * A call to the hub or a chat server that did not succeed, classified once, at the edge.
 *
 * - `retry`: the other side is down, busy or unreachable; the same call may succeed later.
 * - `reject`: this very request is refused and will be refused again.
 * - `ended`: the chat session is over or unknown to every server.
 * - `conflict`: the hub knows this idempotency key with another body (an alarm, never a skip).
 */
export interface Failure {
  verdict: "retry" | "reject" | "ended" | "conflict";
  /** `no`: certainly had no effect. `unknown`: may have been executed, or may still be. */
  executed: "no" | "unknown";
  /**
   * With `retry`: the session is said to be unknown, by somebody whose word is not enough: a gateway, or another server than
   * the session's own while that one cannot be asked. What goes on so for `chat.unknown-session-ms` is over.
   */
  isUnknownSession?: true;
  /** The least time to wait, when the other side named one. */
  retryAfterMs?: number;
  /** A short stable word for metrics and logs: `timeout`, `refused`, `reset`, `http-503`, `status-2`, `status-other`, `aborted`, `malformed`. */
  code: string;
  /** One sentence for a person, without secrets and without message texts. */
  detail: string;
}

/** What a call to the outside answers: a value or a classified failure; it throws only for broken code. */
export type Outcome<T> = { ok: true; value: T } | { ok: false; failure: Failure };

export function succeeded<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function failed(failure: Failure): Outcome<never> {
  return { ok: false, failure };
}
