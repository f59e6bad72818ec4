/** How long to pause between attempts; milliseconds. */
export interface RetryBounds {
  baseMs: number;
  maxMs: number;
}

/**
 * The pause before attempt `attempt` (from 1) is repeated: doubling from the base to the most, between half and the whole
 * of that by `fraction` (0 to 1), and never less than the other side asked for.
 */
export function retryPauseMs(
  attempt: number,
  bounds: RetryBounds,
  chance: { fraction: number; atLeastMs?: number | undefined },
): number {
  const ceiling = Math.min(bounds.maxMs, bounds.baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.max(chance.atLeastMs ?? 0, ceiling * (0.5 + chance.fraction / 2));
}
