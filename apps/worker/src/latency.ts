/** The two belong together: one look at the clock. A time that is not said, or lies ahead, is now. */
export function latencyOf(sentAt: number, now: number): { sentAt: number; latencyMs: number } {
  const latencyMs = Number.isNaN(sentAt) ? 0 : Math.max(0, now - sentAt);
  return { sentAt: now - latencyMs, latencyMs };
}
