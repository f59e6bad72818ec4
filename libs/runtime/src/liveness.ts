import type { Clock } from "@dms/rules";

/** Whether this process's event loop makes progress. */
export interface Liveness {
  isAlive(): boolean;
  /** How long ago the loop last ran its tick. */
  lagMs(): number;
  stop(): void;
}

/**
 * Ticks on the event loop and tells how old the last tick is. Nothing else counts: a process that waits for Redis or a
 * hub is alive, and restarting it would help nobody.
 */
export function createLiveness(clock: Clock, options: { tickMs?: number; lagMsMax?: number } = {}): Liveness {
  const { tickMs = 500, lagMsMax = 10_000 } = options;
  let lastTick = clock.monotonic();
  const tick = (): void => {
    lastTick = clock.monotonic();
    cancel = clock.after(tickMs, tick);
  };
  let cancel = clock.after(tickMs, tick);
  const lagMs = (): number => clock.monotonic() - lastTick;
  return { lagMs, isAlive: () => lagMs() <= lagMsMax, stop: () => cancel() };
}
