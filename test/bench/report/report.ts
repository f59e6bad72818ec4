import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { CaseResult, Table } from "../case.ts";
import type { Standing } from "../measuring/standing.ts";
import { drawPlot } from "./plot.ts";

const docs = new URL("../../../docs/", import.meta.url);
const folder = new URL("performance/", docs);
const figuresFile = new URL("figures.json", folder);

/** Order of the cases in the report. */
const order = ["dispatch", "whole-way", "fail-over", "conversations", "growth"];

/** A case with where it was run. */
interface Kept {
  standing: Standing;
  result: CaseResult;
}

/** Writes figures, plots and docs/performance.md; cases that were not run stay as they were found last. */
export function writeReport(results: readonly CaseResult[], standing: Standing): void {
  mkdirSync(folder, { recursive: true });
  const before = existsSync(figuresFile) ? (JSON.parse(readFileSync(figuresFile, "utf8")) as Kept[]) : [];
  const fresh = new Map(results.map((result) => [result.name, { standing, result }]));
  const kept = [...before.filter(({ result }) => !fresh.has(result.name)), ...fresh.values()].toSorted(
    (a, b) => order.indexOf(a.result.name) - order.indexOf(b.result.name),
  );
  writeFileSync(figuresFile, `${JSON.stringify(kept, null, 2)}\n`);
  for (const { result } of kept) {
    for (const plot of result.plots) writeFileSync(new URL(`${plot.name}.svg`, folder), drawPlot(plot));
  }
  writeFileSync(new URL("performance.md", docs), `${pageOf(kept)}\n`);
}

function tableLines({ title, head, rows, notes = [] }: Table): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    `**${title}**`,
    "",
    line(head),
    line(head.map(() => "---")),
    ...rows.map(line),
    "",
    ...notes.flatMap((note) => [note, ""]),
  ];
}

function standingLine({ date, commit, cpu, cores, memoryGiB, kernel, node, redis, bullmq }: Standing): string {
  return `${date}, commit ${commit}; ${cores} cores (${cpu}), ${memoryGiB} GiB, Linux ${kernel}; Node ${node}, redis-server ${redis}, BullMQ ${bullmq}`;
}

function pageOf(kept: readonly Kept[]): string {
  const targets = kept.flatMap(({ result }) =>
    result.targets.map(({ what, wanted, got, isMet }) => `| ${what} | ${wanted} | ${got} | ${isMet ? "yes" : "no"} |`),
  );
  const sections = kept.flatMap(({ standing, result }) => [
    `## ${result.title}`,
    "",
    ...result.about.flatMap((line) => [line, ""]),
    ...result.tables.flatMap(tableLines),
    ...result.plots.flatMap(({ name, title }) => [`![${title}](performance/${name}.svg)`, ""]),
    `Run: ${standingLine(standing)}.`,
    "",
  ]);
  return [
    "# Performance",
    "",
    "Made by `npm run bench`; do not edit. One run of everything on one machine over loopback, servers and clients side by side, so rates say what that machine shared among all of them could do, and ratios between contestants of one run say more.",
    "Every run is judged: a message that is lost, doubled or (where order is promised) out of order makes its run count as zero. [How it got there](performance-notes.md) has the profiles and what each change brought.",
    "",
    "```sh",
    "npm run bench                       # everything, about 25 minutes; writes this page case by case",
    "npm run bench -- --only dispatch    # one case, or several with commas between; the others stay",
    "npm run bench -- --quick            # about 6 minutes: ratios against the committed baseline",
    "```",
    "",
    "## Targets",
    "",
    "| what | wanted | found | met |",
    "| --- | --- | --- | --- |",
    ...targets,
    "",
    ...sections,
  ]
    .join("\n")
    .trimEnd();
}
