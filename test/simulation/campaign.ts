import { mkdirSync, writeFileSync } from "node:fs";
import { Coverage } from "./coverage.ts";
import type { Options } from "./options.ts";
import type { Plan } from "./plan.ts";
import { calmPlan, planOf } from "./plan-maker.ts";
import { run, type RunResult } from "./run.ts";
import { scriptOf } from "./teeth/scripts.ts";
import { shrink } from "./shrink.ts";
import type { OpenStage } from "./stage.ts";

/** What a row of seeds came to. */
export interface Campaign {
  runs: number;
  failed: Failure[];
  virtualMs: number;
  redisCalls: number;
  wallMs: number;
  coverage: Coverage;
}

export function newCampaign(): Campaign {
  return { runs: 0, failed: [], virtualMs: 0, redisCalls: 0, wallMs: 0, coverage: new Coverage() };
}

export interface Failure {
  seed: string;
  faults: string[];
  /** Where the smallest plan found lies; "" when it was not looked for. */
  file: string;
}

const progressEveryMs = 10_000;
const shrinkRunsMax = 150;
const folder = ".run/simulation";

/** The plan of a seed: as chance has it, without faults, or as a script has it. */
export function planFor(seed: number | string | null, { isCalm, script }: Pick<Options, "isCalm" | "script">): Plan {
  if (script !== null) return scriptOf(script, seed);
  return isCalm ? calmPlan(seed ?? 1) : planOf(seed ?? 1);
}

/** Runs seeds until there are enough of them, or the time is over; says how it goes every ten seconds. */
export async function runSeeds(options: Options, stage: OpenStage, say: (line: string) => void): Promise<Campaign> {
  const startedAt = Date.now();
  const endsAt = options.minutes === null ? Number.POSITIVE_INFINITY : startedAt + options.minutes * 60_000;
  const campaign = newCampaign();
  let saidAt = startedAt;
  for (let i = 0; i < options.seeds && Date.now() < endsAt; i += options.stride) {
    const result = await run(planFor(options.from + i, options), stage);
    campaign.runs++;
    // Whoever waits for this process knows by that that it does not hang.
    if (options.isChild) process.send?.({ seed: options.from + i });
    campaign.virtualMs += result.virtualMs;
    campaign.redisCalls += result.redisCalls;
    campaign.wallMs = Date.now() - startedAt;
    campaign.coverage.add(result.coverage);
    if (result.faults.length > 0) {
      campaign.failed.push(await reportFailure(result, options, { stage, say }));
      if (options.isFirstEnough) break;
    }
    if (Date.now() - saidAt < progressEveryMs) continue;
    saidAt = Date.now();
    say(`seed ${options.from + i}: ${describe(campaign)}`);
  }
  return campaign;
}

/** One line: how many seeds, how fast, how much simulated time, how many failed. */
export function describe({ runs, failed, virtualMs, wallMs, redisCalls }: Campaign): string {
  const rate = (runs / Math.max(1, wallMs / 1000)).toFixed(1);
  const hours = (virtualMs / 3_600_000).toFixed(2);
  return `${runs} seeds, ${rate} a second, ${hours} simulated hours, ${redisCalls} Redis calls, ${failed.length} failed`;
}

async function reportFailure(
  result: RunResult,
  options: Options,
  { stage, say }: { stage: OpenStage; say: (line: string) => void },
): Promise<Failure> {
  const { seed } = result.plan;
  const script = options.script === null ? "" : ` --script ${options.script}`;
  const rule = options.without === null ? script : `${script} --without ${options.without}`;
  say(`seed ${seed} fails:\n  ${result.faults.slice(0, 10).join("\n  ")}`);
  say(`  again: npm run simulate -- --seed ${seed}${rule}${options.isCalm ? " --calm" : ""}`);
  if (!options.isShrunk) return { seed, faults: result.faults, file: "" };
  const kind = kindOf(result.faults);
  const small = await shrink(
    result.plan,
    async (plan) => kindOf((await run(plan, stage)).faults) === kind,
    shrinkRunsMax,
  );
  mkdirSync(folder, { recursive: true });
  const file = `${folder}/seed-${seed}${options.without === null ? "" : `-${options.without}`}.json`;
  writeFileSync(file, `${JSON.stringify(small, null, 1)}\n`);
  say(
    `  smaller: ${small.messages.length} messages, ${small.faults.length} faults: npm run simulate -- --replay ${file}${rule}`,
  );
  return { seed, faults: result.faults, file };
}

/** What a failure is an instance of: its invariant, or that something broke. */
function kindOf(faults: readonly string[]): string {
  return (faults[0] ?? "").split(/[ :]/)[0] ?? "";
}
