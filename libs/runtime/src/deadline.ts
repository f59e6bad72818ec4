import type { Clock } from "@dms/rules";

/** Whether `work` was done in time, was late (and still runs), or failed. Never rejects, leaves no timer behind. */
export type Settled<T> = { kind: "done"; value: T } | { kind: "late" } | { kind: "failed"; caught: unknown };

export async function settledWithin<T>(clock: Clock, ms: number, work: Promise<T>): Promise<Settled<T>> {
  const done = new AbortController();
  const late = clock.sleep(ms, done.signal).then((): Settled<T> => ({ kind: "late" }));
  const settled = work.then(
    (value): Settled<T> => ({ kind: "done", value }),
    (caught: unknown): Settled<T> => ({ kind: "failed", caught }),
  );
  const first = await Promise.race([settled, late]);
  done.abort();
  return first;
}
