import fc from "fast-check";
import { expect } from "vitest";

/** Seconds for all targets together; a campaign of its own takes more: `FUZZ_SECONDS=600 npx vitest run test/fuzz`. */
const secondsDefault = 14;
const seconds = Number(process.env["FUZZ_SECONDS"] ?? secondsDefault);
/** The same cases again with the same seed; by default always the same, so that a red run is red again. */
const seed = Number(process.env["FUZZ_SEED"] ?? 20_261_125);

/** Most of the processor's time that one case may take, whatever else runs on the machine: far less than a lease. */
const caseMsMax = 1000;

export interface Target<T> {
  name: string;
  /** Part of the whole time. */
  share: number;
  cases: fc.Arbitrary<T>;
  /** Throws when what came of the case is wrong; the parser throwing is wrong by itself. */
  check: (value: T) => void | Promise<void>;
}

/** Feeds a target for its share of the time and says how many cases it took, and how long the longest. */
export async function feed<T>({ name, share, cases, check }: Target<T>): Promise<void> {
  let count = 0;
  let longestMs = 0;
  const property = fc.asyncProperty(cases, async (value) => {
    const before = process.cpuUsage();
    await check(value);
    const { user, system } = process.cpuUsage(before);
    const tookMs = (user + system) / 1000;
    count++;
    longestMs = Math.max(longestMs, tookMs);
    expect(tookMs, "a case took too long").toBeLessThan(caseMsMax);
  });
  const timeMs = seconds * share * 1000;
  await fc.assert(property, { seed, numRuns: 1_000_000, interruptAfterTimeLimit: timeMs, endOnFailure: true });
  console.log(`fuzz: ${name}: ${count} cases, longest ${longestMs.toFixed(0)} ms, seed ${seed}`);
  expect(count, "no case was tried").toBeGreaterThan(0);
}
