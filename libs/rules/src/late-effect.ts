import type { Failure } from "./ports/outcome.ts";

/**
 * Until when an effect may still be executed whose outcome is unknown: two time-outs after it began, whatever ended the
 * call before that; the same bound by which a new owner waits after a lease's end. An answer, even one that says nothing
 * certain, ends the matter: what the server has answered it does not execute later. Instants of one clock, milliseconds.
 */
export function mayBeExecutedUntil(failure: Failure, call: { startedAt: number; effectMs: number }): number {
  if (failure.executed === "no" || failure.code.startsWith("status-")) return call.startedAt;
  return call.startedAt + 2 * call.effectMs;
}
