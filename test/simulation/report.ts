import type { Coverage } from "./coverage.ts";
import type { HeldScript } from "./script-texts.ts";

/** What was reached, for people: every status of every transition, every kind of fault, what the product reported. */
export function coverageLines(coverage: Coverage, scripts: readonly HeldScript[]): string[] {
  const count = (what: string): number => coverage.counts.get(what) ?? 0;
  const missed: string[] = [];
  const transitions = scripts.map(({ name, statuses }) => {
    const reached = [...new Set(statuses)].map((status) => {
      const times = count(`status ${name} ${status}`);
      if (times === 0) missed.push(`${name} ${status}`);
      return `${status} ${times}`;
    });
    return `  ${name.padEnd(9)} ${reached.join(", ")}`;
  });
  return [
    "transitions and their statuses:",
    ...transitions,
    `  not reached: ${missed.join(", ") || "none"}`,
    "faults:",
    ...grouped(coverage, "fault "),
    "calls that did not go well:",
    ...grouped(coverage, "hub "),
    ...grouped(coverage, "chat "),
    "refused by Redis:",
    ...grouped(coverage, "error "),
    `writes lost: ${count("writes lost")}`,
    "events:",
    ...grouped(coverage, "event "),
  ];
}

const perLine = 6;

function grouped(coverage: Coverage, prefix: string): string[] {
  const found = [...coverage.counts]
    .filter(([what]) => what.startsWith(prefix))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const words = found.map(
    ([what, times]) => `${prefix === "event " || prefix === "fault " ? what.slice(prefix.length) : what} ${times}`,
  );
  const lines: string[] = [];
  for (let i = 0; i < words.length; i += perLine) lines.push(`  ${words.slice(i, i + perLine).join(", ")}`);
  return lines.length > 0 ? lines : ["  none"];
}
