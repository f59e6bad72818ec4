import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { messageOf } from "../errors.ts";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

export type Interpolated =
  | { readonly ok: true; readonly text: string; readonly isChanged: boolean }
  | { readonly ok: false; readonly found: string; readonly allowed: string };

const referencePattern = /\$\$\{|\$\{([^}]*)(\}?)/g;
const fileBytesMax = 65_536;

/**
 * Replaces `${VAR}`, `${VAR:-default}` (unset or empty: the default) and `${file:/path}` (its text, trimmed; a relative
 * path starts at `directory`) in one text; `$${` stands for `${`. What comes in is not searched again. Fails with what
 * was found and allowed, never with a value.
 */
export function interpolate(text: string, env: Environment, directory: string): Interpolated {
  let fault: { found: string; allowed: string } | undefined;
  const result = text.replace(referencePattern, (match, reference: string | undefined, end: string | undefined) => {
    if (match === "$${") return "${";
    const value = end === "}" ? resolved(reference ?? "", env, directory) : malformed(match);
    if (typeof value === "string") return value;
    fault ??= value;
    return "";
  });
  return fault ? { ok: false, ...fault } : { ok: true, text: result, isChanged: result !== text };
}

/** What of a text stands in the file itself: everything but its `${...}`. */
export function ownText(text: string): string {
  return text.replace(/(?<!\$)\$\{[^}]*\}/g, "");
}

type Refused = { found: string; allowed: string };

function resolved(reference: string, env: Environment, directory: string): string | Refused {
  if (reference.startsWith("file:")) return fileText(reference.slice(5), directory);
  const match = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(reference);
  if (!match?.[1]) return malformed(`\${${reference}}`);
  const [, name, fallback] = match;
  const value = env[name];
  if (fallback !== undefined) return value ? value : fallback;
  if (value !== undefined) return value;
  return { found: `\${${name}}, which is not set`, allowed: `set ${name}, or write a default: \${${name}:-value}` };
}

function malformed(reference: string): Refused {
  const shown = reference.slice(0, reference.search(/[^${A-Za-z0-9_]|$/) || 2);
  return { found: `${shown}...`, allowed: "${VAR}, ${VAR:-default} or ${file:/path}; write $${ for a literal ${" };
}

function fileText(name: string, directory: string): string | Refused {
  const shown = `\${file:${name}}`;
  try {
    const text = readFileSync(resolve(directory, name), "utf8");
    if (text.length > fileBytesMax) return { found: `${shown}, which is too large`, allowed: `${fileBytesMax} bytes` };
    return text.trim();
  } catch (error) {
    return { found: `${shown}, which cannot be read (${reason(error)})`, allowed: "a readable file" };
  }
}

/** The system's short code where there is one: the long message repeats the path. */
function reason(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : messageOf(error);
}
