import { invariants, percentile, type Verdict } from "@dms/testkit";
import type { ChaosResult } from "./run.ts";
import type { Timings } from "./timings.ts";

/** The command that does the same again: the same seed chooses the same nemeses in the same order, though not the same instants. */
export function commandOf({ options }: ChaosResult): string {
  const { seed, strikeMs, form, nemeses, workers, dispatchers, rate } = options;
  const named = nemeses.length > 0 ? ` --nemesis ${nemeses.join(",")}` : "";
  const size = `--workers ${workers} --dispatchers ${dispatchers} --rate ${rate}`;
  return `npm run chaos -- --seed ${seed} --minutes ${strikeMs / 60_000} --redis ${form} ${size}${named}`;
}

/** A run as a person reads it. */
export function markdownOf(result: ChaosResult): string {
  const { verdict, unrest, timeline, strikes, skipped, timings } = result;
  const isClean = verdict.isClean && unrest === "";
  const { messages, asked, posts, replies, sessions } = verdict.compared;
  return [
    `# Chaos, seed ${result.options.seed}: ${isClean ? "clean" : "VIOLATED"}`,
    "",
    `Begun ${result.startedAt}. Again: \`${commandOf(result)}\``,
    "",
    `${messages} messages asked for ${asked} posts, ${posts} shown; ${replies} replies, ${sessions} sessions.`,
    ...(unrest === "" ? [] : ["", "Not at rest:", "", "```text", unrest, "```"]),
    "",
    "| invariant | judged | findings |",
    "| --- | --- | --- |",
    ...invariants.map((each) => `| ${each} | ${verdict.judged[each]} | ${countOf(verdict, each)} |`),
    "",
    ...verdict.findings.map(({ invariant, conversation, detail }) => `- ${invariant} ${conversation}: ${detail}`),
    "",
    "| strikes | times |",
    "| --- | --- |",
    ...Object.entries(strikes).map(([name, count]) => `| ${name} | ${count} |`),
    ...skipped.map(({ name, why }) => `| ${name} | skipped: ${why} |`),
    "",
    ...timingsTable({ "death proved": timings.proved, "lease only": timings.unproved }),
    "",
    "```text",
    ...timeline.map(({ atMs, what }) => `${(atMs / 1000).toFixed(1).padStart(7)} s  ${what}`),
    "```",
    "",
  ].join("\n");
}

function countOf({ findings }: Verdict, wanted: string): number {
  return findings.filter(({ invariant }) => invariant === wanted).length;
}

/** p50, p99 and the longest of each step, in milliseconds. */
export function timingsTable(groups: Record<string, Timings>): string[] {
  const cell = (value: number | null | undefined): string =>
    value === null || value === undefined ? "–" : String(Math.round(value));
  const row = (what: string, values: readonly number[]): string =>
    `| ${what} | ${values.length} | ${cell(percentile(values, 0.5))} | ${cell(percentile(values, 0.99))} | ${cell(values.at(-1))} |`;
  return [
    "| death of a worker | n | p50 ms | p99 ms | max ms |",
    "| --- | --- | --- | --- | --- |",
    ...Object.entries(groups).flatMap(([group, { detect, reassign, firstEffect }]) => [
      row(`${group}: detected`, detect),
      row(`${group}: a conversation has a new owner`, reassign),
      row(`${group}: its first waiting message is in the chat`, firstEffect),
    ]),
  ];
}
