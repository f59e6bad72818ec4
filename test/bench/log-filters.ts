import { readFileSync } from "node:fs";
import { filterBounds, logBounds } from "../../libs/runtime/src/log/bounds.ts";
import { parseFilterSpec } from "../../libs/runtime/src/log/filter-spec.ts";
import type { Filter } from "../../libs/runtime/src/log/filter-spec.ts";
import { noRules, Scrubber } from "../../libs/runtime/src/log/scrubber.ts";

/**
 * Measures what a log line costs: an everyday line without and with the sample filters, and the worst lines that the
 * bounds allow, in time of the processor, so that a busy machine says the same. The bound of docs/logging.md is
 * `lineMsMax` (of the clock) and one search more.
 *
 *   node test/bench/log-filters.ts
 */
const rounds = 20_000;

function filtersOf(text: string): readonly Filter[] {
  const result = parseFilterSpec(text);
  if ("faults" in result) throw new Error(JSON.stringify(result.faults));
  return result.filters;
}

const edit = (search: string) =>
  filtersOf(JSON.stringify({ filters: [{ name: "n", kind: "edit", steps: [{ search, replace: "" }] }] }));

const everyday = {
  event: "message-shown",
  seq: 12,
  messageId: "wamid.HBgLMTIxMjU1NTAxMjM",
  posts: 1,
  latencyMs: 12.5,
  conversation: "whatsapp:customer-17",
  partition: 3,
};

function measure(
  what: string,
  count: number,
  line: { filters: readonly Filter[]; fields: Record<string, unknown> },
): void {
  const { filters, fields } = line;
  const scrubber = new Scrubber({ ...noRules, filters, secrets: ["a-secret-of-the-hub", "another-secret"] });
  const took: number[] = [];
  for (let round = 0; round < count; round++) {
    const before = process.cpuUsage();
    scrubber.line(fields, "message-shown", false);
    const { user, system } = process.cpuUsage(before);
    took.push(user + system);
  }
  const sorted = took.toSorted((a, b) => a - b);
  const mean = took.reduce((sum, each) => sum + each, 0) / count;
  console.log(`| ${what} | ${count} | ${mean.toFixed(1)} | ${sorted[Math.floor(count * 0.99)]} | ${sorted.at(-1)} |`);
}

const samples = filtersOf(
  readFileSync(new URL("../../docs/samples/logging-filter-default.json", import.meta.url), "utf8"),
);
const { textLengthMax, lineLengthMax } = logBounds;
const texts = (text: string): Record<string, unknown> => ({
  texts: Array.from({ length: Math.ceil(lineLengthMax / textLengthMax) }, () =>
    text.repeat(textLengthMax).slice(0, textLengthMax),
  ),
});
/** The largest program that one pattern may be, of states that are all alive at once. */
const largest = `(?:${"[ab]?".repeat(Math.floor(filterBounds.patternLengthMax / 5) - 4)})c$`;

console.log("| line | n | mean µs | p99 µs | max µs |\n| --- | --- | --- | --- | --- |");
const [prose, wrong] = ["The parcel left the warehouse this morning. ", "4111 1111 1111 1112 "];
measure("everyday, no filters", rounds, { filters: [], fields: everyday });
measure("everyday, sample filters", rounds, { filters: samples, fields: everyday });
measure("32 KiB of prose, sample filters", 200, { filters: samples, fields: texts(prose) });
measure("32 KiB of digits, sample filters", 200, { filters: samples, fields: texts(wrong) });
measure("32 KiB, `(a+)+$`", 50, { filters: edit("(a+)+$"), fields: texts("a") });
measure("32 KiB, `a.*z` or `a` at every character", 20, { filters: edit("a.*z|a"), fields: texts("a") });
measure("32 KiB, the longest pattern allowed", 20, { filters: edit(largest), fields: texts("ab") });
measure("32 KiB, repeats within repeats", 20, { filters: edit("((a{0,15}){0,15})c$"), fields: texts("a") });
