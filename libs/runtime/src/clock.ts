import type { Clock } from "@dms/rules";

/** Node warns of a wait below nothing, which is what is left of a deadline that a starved process is late for. */
function atLeastNothing(ms: number): number {
  return Math.max(0, ms);
}

/** The machine's clocks and timers; the only place that touches them. */
export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const onAbort = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, atLeastNothing(ms));
      signal?.addEventListener("abort", onAbort, { once: true });
    }),
  after: (ms, action) => {
    const timer = setTimeout(action, atLeastNothing(ms));
    return () => clearTimeout(timer);
  },
};
