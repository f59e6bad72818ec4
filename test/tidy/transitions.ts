import type { Source } from "./repository.ts";

export const luaLinesMax = 80;

/** What the header of a transition says. */
export interface LuaHeader {
  purpose: string | undefined;
  keys: string | undefined;
  args: string | undefined;
  statuses: string[];
}

/**
 * Lua files whose header, size or TypeScript twin does not say what the script does. A header reads
 *
 *     -- Purpose: what it does.
 *     -- KEYS: 1 partition prefix
 *     -- ARGV: 1 member, 2 lease in ms
 *     -- Status: renewed <order>: what it means
 *     --         evicted: what it means
 */
export function transitionFaults(sources: readonly Source[]): string[] {
  const texts = new Map(sources.map(({ path, text }) => [path, text]));
  return sources
    .filter(({ path }) => path.endsWith(".lua"))
    .flatMap((source) => {
      const faults = source.path.endsWith("/prelude.lua") ? purposeFaults(source) : scriptFaults(source, texts);
      return faults.map((fault) => `${source.path}: ${fault}`);
    });
}

function purposeFaults({ text }: Source): string[] {
  return headerOf(text).purpose === undefined ? ["no purpose: begin with `-- Purpose: <one sentence>`"] : [];
}

function scriptFaults(source: Source, texts: ReadonlyMap<string, string>): string[] {
  const { text } = source;
  const header = headerOf(text);
  const lines = text.split("\n").length - 1;
  return [
    ...purposeFaults(source),
    ...(header.keys === undefined ? ["no keys: name each in `-- KEYS: 1 ...`"] : unnamed(text, "KEYS", header.keys)),
    ...(header.args === undefined
      ? ["no arguments: name each in `-- ARGV: 1 ...`"]
      : unnamed(text, "ARGV", header.args)),
    ...(header.statuses.length === 0 ? ["no status: give each with its meaning in `-- Status: <word>: ...`"] : []),
    ...(lines > luaLinesMax ? [`${lines} lines: at most ${luaLinesMax}; split the transition`] : []),
    ...(/\b(require|loadfile|dofile)\s*\(/.test(text) ? ["includes something: the prelude is all there is"] : []),
    ...statusFaults(text, header.statuses),
    ...twinFaults(header.statuses, texts.get(source.path.replace(/lua$/, "ts"))),
  ];
}

/** Every ARGV[2] of the code is a `2 word` of the header; computed places are up to the reader. */
function unnamed(text: string, list: "KEYS" | "ARGV", named: string): string[] {
  const used = new Set([...text.matchAll(new RegExp(`${list}\\[(\\d+)\\]`, "g"))].map((match) => match[1] ?? ""));
  return [...used]
    .filter((place) => !new RegExp(`(^|[\\s,])${place}\\s+\\S`).test(named))
    .map((place) => `${list}[${place}] is not in the header: add \`${place} <name>\` to \`-- ${list}:\``);
}

function statusFaults(text: string, statuses: readonly string[]): string[] {
  return statusesReturned(text)
    .filter((status) => !statuses.includes(status))
    .map((status) => `answers ${status}, which is not in the header: add \`--         ${status}: <meaning>\``);
}

function twinFaults(statuses: readonly string[], twin: string | undefined): string[] {
  if (twin === undefined) return ["no twin: put a .ts of the same name beside it"];
  return statuses
    .filter((status) => !twin.includes(`"${status}"`))
    .map(
      (status) => `the twin does not know the status ${status}: decode "${status}" in it, or drop it from the header`,
    );
}

/** Words that the code answers: in a table that it returns, or in the reply that it builds up. */
export function statusesReturned(text: string): string[] {
  const code = text.replace(/--.*$/gm, "");
  const literal = [...code.matchAll(/(?:\breturn|\breply\s*=)\s*\{\s*["']([a-z]+)["']/g)].map(
    (match) => match[1] ?? "",
  );
  // The prelude's judgement of owner and grant goes out as it is.
  const judged = /\bstanding\s*\(/.test(code) ? ["stale", "gone"] : [];
  return [...new Set([...literal, ...judged])];
}

/** The comment lines before the first line of code, by their words. */
export function headerOf(text: string): LuaHeader {
  const lines = text.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("--"));
  const fields = new Map<string, string[]>();
  let field = "";
  for (const line of lines.slice(0, end < 0 ? lines.length : end)) {
    const [, word, rest] = /^-- (Purpose|KEYS|ARGV|Status): (.*)$/.exec(line) ?? [];
    if (word !== undefined) field = word;
    fields.set(field, [...(fields.get(field) ?? []), rest ?? line.replace(/^--\s*/, "")]);
  }
  const textOf = (name: string) => fields.get(name)?.join(" ");
  const statuses = (fields.get("Status") ?? []).map(
    (line) => /^([a-z]+)(?:(?: <[^>]*>)*[:,]|(?: <[^>]*>)+$)/.exec(line)?.[1],
  );
  return {
    purpose: textOf("Purpose"),
    keys: textOf("KEYS"),
    args: textOf("ARGV"),
    statuses: statuses.filter((status) => status !== undefined),
  };
}
