import { fork } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Failure } from "../campaign.ts";
import type { Options } from "../options.ts";
import { type Catch, caught } from "./caught.ts";
import { scriptOf } from "./scripts.ts";
import { teeth } from "./table.ts";
import type { Tooth } from "./tooth.ts";

/** What became of runs without a rule. */
export interface Bite {
  /** How many were run, the catching one included. */
  runs: number;
  caught: Failure | null;
  error: string;
}

/** Seeds in a row, or the script of a name. */
export type Prey = { from: number; count: number } | { script: string };

/** A run that takes longer has no end: the product goes round without ever waiting. */
const runMsMax = 300_000;

/** Makes runs without some rules, with commas between them, until one fails or does not end. */
export function bite(ids: string, prey: Prey): Promise<Bite> {
  const args = ["--without", ids, "--first", "--no-shrink", "--child"];
  const { from, count } = "script" in prey ? { from: Number(scriptOf(prey.script, null).seed), count: 1 } : prey;
  const runs = ["--from", String(from), "--seeds", String(count)];
  const script = "script" in prey ? ["--script", prey.script] : [];
  const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), "dms-simulation-compiled") };
  const child = fork(new URL("../main.ts", import.meta.url), [...args, ...runs, ...script], { silent: true, env });
  let printed = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  child.stdout?.resume();
  return new Promise((resolve) => {
    let result: Bite = { runs: 0, caught: null, error: "" };
    let last = from - 1;
    const hang = (): void => {
      const seed = String(last + 1);
      result = { ...result, runs: last + 1, caught: { seed, faults: ["it goes round without an end"], file: "" } };
      child.kill("SIGKILL");
    };
    let watchdog = setTimeout(hang, runMsMax);
    child.on("message", (told: { seed: number } | { runs: number; failed: Failure[] }) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(hang, runMsMax);
      if ("seed" in told) last = told.seed;
      else result = { ...result, runs: told.runs, caught: told.failed[0] ?? null };
    });
    child.once("exit", () => {
      clearTimeout(watchdog);
      resolve(result.runs > 0 ? result : { ...result, error: printed.slice(0, 2000) });
    });
  });
}

/** The name of the script that shows a rule; null where none does. */
export function scriptFor(id: string): string | null {
  const by = caught[id]?.by;
  if (typeof by !== "string") return null;
  return by === "script" ? id : by.slice("script ".length);
}

/** What is taken out to show a rule: it, and what stands behind it. */
export function takenOut(id: string): string {
  const beside = caught[id]?.beside;
  return beside === undefined ? id : `${id},${beside}`;
}

/** Takes out every rule, one at a time, and says which seed or script catches it: the table of docs/reliability.md. */
export async function showTeeth(options: Options, say: (line: string) => void): Promise<number> {
  const wanted = options.without?.split(",") ?? [""];
  const chosen = teeth.filter(({ id }) => wanted.some((start) => id.startsWith(start)));
  const waiting = [...chosen];
  let uncaught = 0;
  const work = async (): Promise<void> => {
    for (let tooth = waiting.shift(); tooth !== undefined; tooth = waiting.shift()) {
      const script = scriptFor(tooth.id);
      const prey = script === null ? { from: options.from, count: options.seeds } : { script };
      const result = await bite(takenOut(tooth.id), prey);
      if (result.caught === null) uncaught++;
      say(found(tooth, result, script));
    }
  };
  say("| rule | what is taken out | caught by | how |");
  say("| --- | --- | --- | --- |");
  await Promise.all(Array.from({ length: options.processes }, work));
  say(`${chosen.length - uncaught} of ${chosen.length} caught`);
  return uncaught > 0 ? 1 : 0;
}

function found({ id, rule }: Tooth, { runs, caught: failure, error }: Bite, script: string | null): string {
  if (error !== "") return `| ${id} | ${rule} | broken | ${error.split("\n").slice(0, 8).join(" ")} |`;
  if (failure === null) return `| ${id} | ${rule} | – | not in ${script ?? `${runs} seeds`} |`;
  return `| ${id} | ${rule} | ${script === null ? failure.seed : `script ${script}`} | ${failure.faults[0]} |`;
}

/** A rule's row in the table of the documents. */
export function rowOf({ id, rule }: Tooth): string {
  const { by, beside, how }: Catch = caught[id] ?? { by: null, how: "not tried" };
  const without = beside === undefined ? "" : `, without ${beside.replaceAll(",", " and ")} too`;
  const way = typeof by === "number" ? `seed ${by}` : (by ?? "–");
  return `| ${id} | ${rule} | ${way}${without} | ${how} |`;
}
