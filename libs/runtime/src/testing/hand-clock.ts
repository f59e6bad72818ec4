import type { Clock } from "@dms/rules";

/** A clock that moves only when a test moves it; timers run in order of their time. */
export interface HandClock extends Clock {
  /** Moves time and runs what falls due, step by step. */
  advance(ms: number): void;
  /** Moves time and runs nothing, as a blocked event loop does. */
  stall(ms: number): void;
  /** Timers that wait. */
  pending(): number;
}

export function handClock(): HandClock {
  let now = 0;
  let timers: { at: number; action: () => void }[] = [];
  const after = (ms: number, action: () => void): (() => void) => {
    const timer = { at: now + ms, action };
    timers.push(timer);
    return () => {
      timers = timers.filter((other) => other !== timer);
    };
  };
  const nextDue = (until: number) => timers.filter((timer) => timer.at <= until).toSorted((a, b) => a.at - b.at)[0];
  return {
    wall: () => now,
    monotonic: () => now,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const cancel = after(ms, resolve);
        signal?.addEventListener("abort", () => (cancel(), resolve()), { once: true });
      }),
    advance: (ms) => {
      const until = now + ms;
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        const due = timer;
        timers = timers.filter((other) => other !== due);
        now = Math.max(now, due.at);
        due.action();
      }
      now = until;
    },
    stall: (ms) => {
      now += ms;
    },
    pending: () => timers.length,
  };
}
