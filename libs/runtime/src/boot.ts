import process from "node:process";

export type StopSignal = "SIGTERM" | "SIGINT";

/**
 * Answers the signals of a process from its first moment on: entry points import this file first and everything else
 * after it, by `await import()`, since static imports are all loaded before the first of them runs.
 *
 * The listeners stay for the life of the process and only what they call changes. Taking them away and setting others
 * would lose a signal that came while modules were loaded: it waits for the loop, addressed to a listener that is gone.
 */
let action: (signal: StopSignal) => void = () => process.exit(0);
let louder: () => void = () => undefined;

for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => action(signal));

// Without a listener this signal would end the process, and a supervisor that only passes it on.
process.on("SIGUSR2", () => louder());

/** From now on SIGUSR2, the wish for a louder log, goes to `next`; before the first call it does nothing. */
export function takeLouder(next: () => void): void {
  louder = next;
}

/** From now on signals go to `next`; before the first call they end the process with 0, for it has begun nothing yet. */
export function takeSignals(next: (signal: StopSignal) => void): void {
  action = next;
}
