import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { type Campaign, describe, planFor, runSeeds } from "./campaign.ts";
import { Coverage } from "./coverage.ts";
import { type Options, readOptions, usage } from "./options.ts";
import type { Plan } from "./plan.ts";
import { coverageLines } from "./report.ts";
import { run } from "./run.ts";
import { openStage } from "./stage.ts";

/** `npm run simulate`: see `usage`. Ends with 1 when a seed fails, with 78 when the command line is at fault. */
let options: Options;
try {
  options = readOptions(process.argv.slice(2));
} catch (caught) {
  console.error(`${caught instanceof Error ? caught.message : String(caught)}\n${usage}`);
  process.exit(78);
}
const say = (line: string): void => console.log(line);

if (options.seed !== null || options.replay !== null) process.exitCode = await showOne(options);
else if (options.processes > 1) process.exitCode = await runSideBySide(options);
else process.exitCode = await runHere(options);

async function runHere(given: Options): Promise<number> {
  const stage = await openStage();
  try {
    const campaign = await runSeeds(given, stage, say);
    if (given.isChild) process.send?.({ ...campaign, coverage: [...campaign.coverage.counts] });
    else conclude(campaign, coverageLines(campaign.coverage, stage.scripts));
    return campaign.failed.length > 0 ? 1 : 0;
  } finally {
    await stage.close();
  }
}

/** One run, with its history. */
async function showOne({ seed, replay, isCalm }: Options): Promise<number> {
  const stage = await openStage();
  try {
    const plan = replay === null ? planFor(seed ?? "1", isCalm) : (JSON.parse(readFileSync(replay, "utf8")) as Plan);
    const result = await run(plan, stage);
    for (const line of result.trace.lines()) say(line);
    say(`history ${result.digest}`);
    say(result.faults.length === 0 ? "clean" : result.faults.join("\n"));
    return result.faults.length > 0 ? 1 : 0;
  } finally {
    await stage.close();
  }
}

/** Several processes share the seeds; each has a Redis of its own. */
async function runSideBySide(given: Options): Promise<number> {
  const startedAt = Date.now();
  const whole: Campaign = { runs: 0, failed: [], virtualMs: 0, redisCalls: 0, wallMs: 0, coverage: new Coverage() };
  const exits = Array.from({ length: given.processes }, (_, i) => {
    const mine = ["--from", String(given.from + i), "--stride", String(given.processes), "--processes", "1", "--child"];
    const child = fork(new URL(import.meta.url).pathname, [...process.argv.slice(2), ...mine]);
    child.on("message", (part: Omit<Campaign, "coverage"> & { coverage: [string, number][] }) => {
      whole.runs += part.runs;
      whole.failed.push(...part.failed);
      whole.virtualMs += part.virtualMs;
      whole.redisCalls += part.redisCalls;
      for (const [what, times] of part.coverage) whole.coverage.count(what, times);
    });
    return new Promise<number>((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
  });
  const codes = await Promise.all(exits);
  whole.wallMs = Date.now() - startedAt;
  const { heldScripts } = await import("./script-texts.ts");
  conclude(whole, coverageLines(whole.coverage, await heldScripts()));
  return Math.max(...codes);
}

function conclude(campaign: Campaign, coverage: string[]): void {
  for (const line of coverage) say(line);
  for (const { seed, faults } of campaign.failed) say(`failed: seed ${seed}: ${faults[0]}`);
  say(describe(campaign));
}
