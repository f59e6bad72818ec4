/** Bounds of a lease; milliseconds. */
export interface LeaseBounds {
  leaseMs: number;
  /** Part of the lease that is not used, for clocks that do not run alike. */
  marginMs: number;
}

/**
 * Until when, by the member's own monotonic clock, a lease may be trusted that a beat sent at `sentAt` renewed. Redis
 * counts from when it ran the beat, which was later: so the member always stops first. (I4)
 */
export function trustUntil(sentAt: number, bounds: LeaseBounds): number {
  return sentAt + bounds.leaseMs - bounds.marginMs;
}

/** Whether an outside effect that may take `effectMs` may begin now: the lease must outlive it. */
export function mayStartEffect(now: number, until: number, effectMs: number): boolean {
  return now + effectMs <= until;
}
