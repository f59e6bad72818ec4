import type { Failure } from "./ports/outcome.ts";

/** A call of unknown outcome. Instants of one clock, milliseconds. */
export interface BegunCall {
  startedAt: number;
  now: number;
  /** Within which it has left, or never. */
  effectMs: number;
  /** How long an answer is waited for once it has left. */
  answerMs: number;
}

/** An error of the server's kind: often a gateway's, which knows as little of the server behind it as we do. */
const gatewayError = /^http-5\d\d$/;

/**
 * Until when an effect may still be executed whose outcome is unknown: two time-outs after it began, where the connection
 * broke; the same bound by which a new owner waits after a lease's end. A gateway's error is no word of the server's: it is
 * waited for as if no answer had come, and for a time-out at least. An answer in the chat server's own form, even one that
 * says nothing certain, ends the matter: what the server has answered it does not execute later.
 */
export function mayBeExecutedUntil(failure: Failure, call: BegunCall): number {
  if (failure.executed === "no" || failure.code.startsWith("status-")) return call.startedAt;
  if (gatewayError.test(failure.code)) {
    return Math.max(call.startedAt + call.effectMs + call.answerMs, call.now + call.effectMs);
  }
  return call.startedAt + 2 * call.effectMs;
}
