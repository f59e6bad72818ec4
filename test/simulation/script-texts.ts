import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

/** A transition as the product sends it, and as the simulator runs it. */
export interface HeldScript {
  name: string;
  /** The product's text and its name at the server. */
  text: string;
  sha: string;
  /** The text with held time, and its name. */
  heldText: string;
  heldSha: string;
  /** Status words of its header. */
  statuses: string[];
}

/** A rule of a transition (or of the prelude, in all of them), and what stands in its place. */
export interface LuaMutation {
  transition: string;
  rule: string;
  otherwise: string;
}

const folder = new URL("../../libs/streams/src/transitions/", import.meta.url);

/**
 * What a server decides by itself, put under the simulator's control: time is KEYS[2], the run id KEYS[3]; the ids of rows
 * come from that time; a choice by chance (SRANDMEMBER) is the first of the set in order of names. All else is the script.
 */
const held = `
local function held_add(key, ...)
  local args = { ... }
  for i = 1, #args do
    if args[i] == '*' then args[i] = KEYS[2] .. '-*' break end
  end
  local added = redis.pcall('XADD', key, unpack(args))
  if type(added) == 'table' and added.err then
    if not string.find(added.err, 'equal or smaller', 1, true) then error(added) end
    local last = redis.call('XINFO', 'STREAM', key)[8]
    for i = 1, #args do
      if args[i] == KEYS[2] .. '-*' then args[i] = string.match(last, '^%d+') .. '-*' end
    end
    return redis.call('XADD', key, unpack(args))
  end
  return added
end
local function held_some(key, count)
  local all = redis.call('SMEMBERS', key)
  table.sort(all)
  local some = {}
  for i = 1, math.min(#all, tonumber(count)) do some[i] = all[i] end
  return some
end
`;

const now = /local function now_ms\(\)\n.*?\nend/s;
const run = /local function server_run_id\(\)\n.*?\nend/s;

function replaced(text: string, pattern: string | RegExp, otherwise: string): string {
  const changed = text.replace(pattern, () => otherwise);
  if (changed === text) throw new Error(`a transition has no such place any more: ${pattern}`);
  return changed;
}

function heldText(text: string): string {
  const timed = replaced(text, now, "local function now_ms()\n  return tonumber(KEYS[2])\nend");
  const named = replaced(timed, run, "local function server_run_id()\n  return KEYS[3]\nend");
  const changed = named
    .replaceAll("redis.call('XADD', ", "held_add(")
    .replaceAll("redis.call('SRANDMEMBER', ", "held_some(");
  return replaced(changed, "local base = KEYS[1]\n", `local base = KEYS[1]\n${held}`);
}

function shaOf(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}

/** Status words of a script's header; for those that answer one per item, these words too. */
function statusesOf(name: string): string[] {
  const text = readFileSync(new URL(`${name}.lua`, folder), "utf8");
  const header = text.slice(0, text.search(/^(?!--)/m)).split("\n");
  const from = header.findIndex((line) => line.startsWith("-- Status:"));
  return header
    .slice(from)
    .map((line) => (/^-- Status: ([a-z]+)/.exec(line) ?? /^-- {9}([a-z]+)(?: <[^:]*)?:\s/.exec(line))?.[1])
    .filter((word) => word !== undefined);
}

function mutate(name: string, text: string, mutations: readonly LuaMutation[]): string {
  let changed = text;
  for (const { transition, rule, otherwise } of mutations) {
    if (transition === name) changed = replaced(changed, rule, otherwise);
    else if (transition === "prelude") changed = changed.replace(rule, () => otherwise);
  }
  return changed;
}

/** Every transition there is, read from its own twin. */
export async function heldScripts(mutations: readonly LuaMutation[] = []): Promise<HeldScript[]> {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".lua") && file !== "prelude.lua")
    .map((file) => file.slice(0, -".lua".length))
    .toSorted();
  return Promise.all(
    names.map(async (name) => {
      const twin = (await import(new URL(`${name}.ts`, folder).href)) as Record<string, { text: string; sha: string }>;
      const script = twin[name];
      if (script === undefined) throw new Error(`${name}.ts does not export ${name}`);
      const changed = heldText(mutate(name, script.text, mutations));
      return {
        name,
        text: script.text,
        sha: script.sha,
        heldText: changed,
        heldSha: shaOf(changed),
        statuses: statusesOf(name),
      };
    }),
  );
}
