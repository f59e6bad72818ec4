import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { CaseResult } from "../case.ts";

const file = new URL("../baseline.json", import.meta.url);

type Ratios = Record<string, Record<string, number>>;

/** Under this much, a ratio of two noisy figures has not moved. */
const noiseShare = 0.15;

function baseline(): Ratios {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Ratios) : {};
}

/** What moved against the committed baseline, a line each; a part that was wrong has no figure. It informs; it never fails anything. */
export function compareWithBaseline(results: readonly CaseResult[]): string[] {
  const before = baseline();
  return results.flatMap(({ name, ratios }) =>
    Object.entries(ratios).map(([what, now]) => {
      if (Number.isNaN(now)) return `no value ${name}: ${what}`;
      const then = before[name]?.[what];
      if (then === undefined) return `new      ${name}: ${what}: ${now.toFixed(2)}`;
      const change = now / then - 1;
      const word = Math.abs(change) <= noiseShare ? "as was  " : "moved   ";
      const percent = `${change >= 0 ? "+" : ""}${(change * 100).toFixed(0)} %`;
      return `${word} ${name}: ${what}: ${now.toFixed(2)}, was ${then.toFixed(2)} (${percent})`;
    }),
  );
}

/** Makes these ratios the baseline; cases that were not run keep theirs. */
export function keepBaseline(results: readonly CaseResult[]): void {
  const rounded = results.map(({ name, ratios }) => [
    name,
    Object.fromEntries(
      Object.entries(ratios)
        .filter(([, ratio]) => !Number.isNaN(ratio))
        .map(([what, ratio]) => [what, Number(ratio.toPrecision(3))]),
    ),
  ]);
  writeFileSync(file, `${JSON.stringify({ ...baseline(), ...Object.fromEntries(rounded) }, null, 2)}\n`);
}
