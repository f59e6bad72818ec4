import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { messageOf } from "@dms/runtime";
import { type Campaign, describe, newCampaign, planFor, runSeeds } from "./campaign.ts";
import type { Options } from "./options.ts";
import type { Plan } from "./plan.ts";
import { coverageLines } from "./report.ts";
import { run } from "./run.ts";
import { heldScripts } from "./script-texts.ts";
import { type OpenStage, openStage } from "./stage.ts";
import { showTeeth } from "./teeth/showing.ts";
import { toothOf } from "./teeth/table.ts";
import { luaMutations } from "./teeth/taking-out.ts";

const say = (line: string): void => console.log(line);

/** Does what the command line asks for; answers the exit code. */
export async function execute(options: Options): Promise<number> {
  if (options.areTeethShown) return showTeeth(options, say);
  if (options.processes > 1) return runSideBySide(options);
  const plan = planOf(options);
  if (plan instanceof Error) {
    console.error(plan.message);
    return 78;
  }
  const stage = await openStage(options.without === null ? [] : luaMutations(toothOf(options.without)));
  try {
    if (plan !== null) return await showOne(plan, stage);
    return await runHere(options, stage);
  } finally {
    await stage.close();
  }
}

/** Whether one history is asked for: of a seed, of a file, or of a script with its own seed. */
function isOne({ seed, replay, script, areSeedsGiven }: Options): boolean {
  return seed !== null || replay !== null || (script !== null && !areSeedsGiven);
}

async function runHere(options: Options, stage: OpenStage): Promise<number> {
  const campaign = await runSeeds(options, stage, say);
  if (options.isChild) process.send?.({ ...campaign, coverage: [...campaign.coverage.counts] });
  else conclude(campaign, coverageLines(campaign.coverage, stage.scripts));
  return campaign.failed.length > 0 ? 1 : 0;
}

/** The one history that is asked for; null where there is none, and what is wrong with the file of a plan. */
function planOf(options: Options): Plan | Error | null {
  const { seed, replay } = options;
  if (!isOne(options)) return null;
  if (replay === null) return planFor(seed, options);
  try {
    return JSON.parse(readFileSync(replay, "utf8")) as Plan;
  } catch (cause) {
    return new Error(`--replay ${replay}: no plan that a failing seed left (${messageOf(cause)})`, { cause });
  }
}

/** One run, with its history. */
async function showOne(plan: Plan, stage: OpenStage): Promise<number> {
  const result = await run(plan, stage);
  for (const line of result.trace.lines()) say(line);
  say(`history ${result.digest}`);
  say(result.faults.length === 0 ? "clean" : result.faults.join("\n"));
  return result.faults.length > 0 ? 1 : 0;
}

/** Several processes share the seeds; each has a Redis of its own. */
async function runSideBySide(options: Options): Promise<number> {
  const startedAt = Date.now();
  const whole = newCampaign();
  const exits = Array.from({ length: options.processes }, (_, i) => {
    const mine = ["--from", String(options.from + i), "--stride", String(options.processes), "--processes", "1"];
    const child = fork(new URL("./main.ts", import.meta.url), [...process.argv.slice(2), ...mine, "--child"]);
    let hasTold = false;
    child.on("message", (part: (Omit<Campaign, "coverage"> & { coverage: [string, number][] }) | { seed: number }) => {
      if ("seed" in part) return;
      hasTold = true;
      whole.runs += part.runs;
      whole.failed.push(...part.failed);
      whole.virtualMs += part.virtualMs;
      whole.redisCalls += part.redisCalls;
      for (const [what, times] of part.coverage) whole.coverage.count(what, times);
    });
    return new Promise<number>((resolve) =>
      child.once("exit", (code, signal) => {
        if (!hasTold)
          say(`a process ended before its seeds were done (${signal ?? code}); what it found is not counted`);
        resolve(hasTold ? (code ?? 1) : 1);
      }),
    );
  });
  const codes = await Promise.all(exits);
  whole.wallMs = Date.now() - startedAt;
  conclude(whole, coverageLines(whole.coverage, await heldScripts()));
  return Math.max(...codes);
}

function conclude(campaign: Campaign, coverage: string[]): void {
  for (const line of coverage) say(line);
  for (const { seed, faults } of campaign.failed) say(`failed: seed ${seed}: ${faults[0]}`);
  say(describe(campaign));
}
