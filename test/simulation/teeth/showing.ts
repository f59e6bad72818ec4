import { fork } from "node:child_process";
import type { Failure } from "../campaign.ts";
import type { Options } from "../options.ts";
import { caught } from "./caught.ts";
import { teeth } from "./table.ts";
import type { Tooth } from "./tooth.ts";

/** What became of a run of seeds without one rule. */
export interface Bite {
  id: string;
  /** How many seeds were run, the catching one included. */
  seeds: number;
  caught: Failure | null;
  error: string;
}

/** A seed that takes longer has no end: the product goes round without ever waiting. */
const seedMsMax = 300_000;

/** Runs seeds without one rule until one fails, or does not end. */
export function bite(tooth: Tooth, seeds: { from: number; count: number }): Promise<Bite> {
  const args = ["--without", tooth.id, "--first", "--no-shrink", "--child"];
  const range = ["--from", String(seeds.from), "--seeds", String(seeds.count)];
  const child = fork(new URL("../main.ts", import.meta.url), [...args, ...range], { silent: true });
  let printed = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  child.stdout?.resume();
  return new Promise((resolve) => {
    let result: Bite = { id: tooth.id, seeds: 0, caught: null, error: "" };
    let last = seeds.from - 1;
    const hang = (): void => {
      const seed = String(last + 1);
      result = { ...result, seeds: last + 1, caught: { seed, faults: ["it goes round without an end"], file: "" } };
      child.kill("SIGKILL");
    };
    let watchdog = setTimeout(hang, seedMsMax);
    child.on("message", (told: { seed: number } | { runs: number; failed: Failure[] }) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(hang, seedMsMax);
      if ("seed" in told) last = told.seed;
      else result = { ...result, seeds: told.runs, caught: told.failed[0] ?? null };
    });
    child.once("exit", () => {
      clearTimeout(watchdog);
      resolve(result.seeds > 0 ? result : { ...result, error: printed.slice(0, 2000) });
    });
  });
}

/** Takes out every rule, one at a time, and says which seed catches it: the table of docs/reliability.md. */
export async function showTeeth(options: Options, say: (line: string) => void): Promise<number> {
  const wanted = options.without?.split(",") ?? [""];
  const chosen = teeth.filter(({ id }) => wanted.some((start) => id.startsWith(start)));
  const waiting = [...chosen];
  let uncaught = 0;
  const work = async (): Promise<void> => {
    for (let tooth = waiting.shift(); tooth !== undefined; tooth = waiting.shift()) {
      const result = await bite(tooth, { from: options.from, count: options.seeds });
      if (result.caught === null) uncaught++;
      say(found(tooth, result));
    }
  };
  say("| id | without | caught by seed | how |");
  say("| --- | --- | --- | --- |");
  await Promise.all(Array.from({ length: options.processes }, work));
  say(`${chosen.length - uncaught} of ${chosen.length} caught`);
  return uncaught > 0 ? 1 : 0;
}

function found(tooth: Tooth, { seeds, caught: failure, error }: Bite): string {
  if (error !== "") return `| ${tooth.id} | ${tooth.rule} | broken | ${error.split("\n").slice(0, 8).join(" ")} |`;
  if (failure === null) return `| ${tooth.id} | ${tooth.rule} | – | not in ${seeds} seeds |`;
  return `| ${tooth.id} | ${tooth.rule} | ${failure.seed} | ${failure.faults[0]} |`;
}

/** A rule's row in the table of the documents. */
export function rowOf({ id, rule }: Tooth): string {
  const { seed, how } = caught[id] ?? { seed: null, how: "not tried" };
  return `| ${id} | ${rule} | ${seed ?? "–"} | ${how} |`;
}
