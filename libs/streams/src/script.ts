import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** What a script answers: a status word and what goes with it. */
export type ScriptReply = [status: string, ...rest: unknown[]];

/** One transition: its text as Redis runs it, its name in the text cache, and how its reply is read. */
export interface Script<Request, Reply> {
  name: string;
  /** Prelude and body; what EVAL gets. */
  text: string;
  /** Name of `text` for EVALSHA: content-addressed, so versions run side by side. */
  sha: string;
  /** Makes the arguments after the key prefix. */
  encode(this: void, request: Request): (string | number)[];
  decode(this: void, reply: ScriptReply, request: Request): Reply;
}

/** What a transition is asked. */
export type RequestOf<S> = S extends Script<infer Request, unknown> ? Request : never;

const folder = new URL("./transitions/", import.meta.url);
const prelude = readFileSync(new URL("prelude.lua", folder), "utf8");

/** Redis's own name for a text. */
function shaOf(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}

/** Comments and blank lines cost nothing to leave out, and what is not sent need not be parsed. */
function withoutComments(lua: string): string {
  return lua
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.trim().startsWith("--"))
    .join("\n");
}

/**
 * Pairs a `.lua` file with its types. `allow-oom` lets every transition run when Redis is out of memory, but for those
 * that take new work in (`growing`): those fail first, so that the cluster can always empty itself.
 */
export function defineScript<Request, Reply>(definition: {
  name: string;
  isGrowing?: boolean;
  encode(this: void, request: Request): (string | number)[];
  decode(this: void, reply: ScriptReply, request: Request): Reply;
}): Script<Request, Reply> {
  const body = readFileSync(new URL(`${definition.name}.lua`, folder), "utf8");
  const flags = definition.isGrowing === true ? "" : "#!lua flags=allow-oom\n";
  const text = `${flags}${withoutComments(`${prelude}\n${body}`)}`;
  return { name: definition.name, text, sha: shaOf(text), encode: definition.encode, decode: definition.decode };
}

/**
 * The same transition with another text: with the simulator's clock in the place of the prelude's, or, in a test, with a rule
 * taken out to see what it protects. Throws when `change` changes nothing, so that a test cannot pass by a missed place.
 */
export function withText<Request, Reply>(
  script: Script<Request, Reply>,
  change: (text: string) => string,
): Script<Request, Reply> {
  const text = change(script.text);
  if (text === script.text) throw new Error(`the change leaves the text of ${script.name} as it is`);
  return { ...script, text, sha: shaOf(text) };
}

/** Raised when a script answers a status that its twin does not know: two versions that must not run side by side. */
export class UnknownStatus extends Error {
  constructor(script: string, reply: ScriptReply) {
    super(`${script} answered an unknown status ${JSON.stringify(reply[0])}`);
    this.name = "UnknownStatus";
  }
}
