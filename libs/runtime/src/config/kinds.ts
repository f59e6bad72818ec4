import { validateHeaderName, validateHeaderValue } from "node:http";
import { z } from "zod";
import type { Kind } from "./option.ts";

/** A whole number within a range, both ends allowed. */
export function whole(min: number, max: number): Kind<number> {
  const schema = z.preprocess(
    (value) => (typeof value === "string" && /^[-+]?\d{1,15}$/.test(value) ? Number(value) : value),
    z.number().int().min(min).max(max),
  );
  return { schema, allowed: `a whole number from ${min} to ${max}` };
}

/** A number within a range, both ends allowed. */
export function fraction(min: number, max: number): Kind<number> {
  const schema = z.preprocess(
    (value) => (typeof value === "string" && /^[-+]?\d*\.?\d+$/.test(value) ? Number(value) : value),
    z.number().min(min).max(max),
  );
  return { schema, allowed: `a number from ${min} to ${max}` };
}

/** `true` or `false`, in any case. */
export function flag(): Kind<boolean> {
  const words = new Map([
    ["true", true],
    ["false", false],
  ]);
  const schema = z.preprocess(
    (value) => (typeof value === "string" ? (words.get(value.toLowerCase()) ?? value) : value),
    z.boolean(),
  );
  return { schema, allowed: "true or false" };
}

/** Any text of 1 to 4096 characters. */
export function text(allowed = "text"): Kind<string> {
  return { schema: z.string().min(1).max(4096), allowed };
}

/** Text of one shape, with the shape in words. */
export function shaped(pattern: RegExp, allowed: string): Kind<string> {
  return { schema: z.string().regex(pattern), allowed };
}

/** One of a few words. */
export function oneOf<const W extends readonly string[]>(...words: W): Kind<W[number]> {
  return { schema: z.enum(words) as unknown as z.ZodType<W[number]>, allowed: `one of ${words.join(", ")}` };
}

/** An absolute URL with one of the schemes, as text without a slash at its end. */
export function url(...schemes: readonly string[]): Kind<string> {
  const isUrl = (value: string): boolean => {
    const parsed = URL.parse(value);
    return parsed !== null && schemes.includes(parsed.protocol.slice(0, -1)) && parsed.hostname !== "";
  };
  const schema = z
    .string()
    .refine(isUrl)
    .transform((value) => value.replace(/\/+$/, ""));
  return { schema, allowed: `a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}` };
}

/**
 * A URL that paths are appended to, so that a query or a fragment would swallow them. Without a user part, which no call
 * would send and every metric would show; `instead` names the options for it.
 */
export function baseUrl(instead: string, ...schemes: readonly string[]): Kind<string> {
  const isBase = (value: string): boolean => !/[?#]/.test(value) && !hasUser(value);
  return narrowed(url(...schemes), isBase, `without query (?), fragment (#) and user part (use ${instead})`);
}

/** A URL without a user part, which no call would send; `instead` names the options for it. */
export function userlessUrl(instead: string, ...schemes: readonly string[]): Kind<string> {
  return narrowed(url(...schemes), (value) => !hasUser(value), `without user part (use ${instead})`);
}

/** The URL of an HTTP proxy. Its user part is decoded where connections are made, too late to be a fault of the file. */
export function proxyUrl(): Kind<string> {
  return narrowed(url("http", "https"), isUserDecodable, "a % in user or password as %25");
}

function narrowed(kind: Kind<string>, holds: (value: string) => boolean, more: string): Kind<string> {
  return {
    schema: z
      .string()
      .refine(holds)
      .pipe(kind.schema as z.ZodType<string, string>),
    allowed: `${kind.allowed}, ${more}`,
  };
}

function hasUser(value: string): boolean {
  const parsed = URL.parse(value);
  return parsed !== null && (parsed.username !== "" || parsed.password !== "");
}

function isUserDecodable(value: string): boolean {
  const parsed = URL.parse(value);
  return parsed === null || passes(() => decodeURIComponent(`${parsed.username}:${parsed.password}`));
}

/** Names that the HTTP client refuses, and those that say how this very request is sent. */
const ownHeaders: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "content-type",
  "expect",
  "host",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

/** Headers for every call. One that cannot be sent would fail every call before it leaves. */
export function headers(): Kind<Record<string, string>> {
  const isName = (name: string): boolean =>
    !ownHeaders.has(name.toLowerCase()) && passes(() => validateHeaderName(name));
  const isValue = (value: string): boolean => passes(() => validateHeaderValue("x", value));
  return {
    schema: z.record(z.string().refine(isName), text().schema.refine(isValue)),
    allowed: `a map of header names (HTTP tokens: no space, no colon; none of ${[...ownHeaders].join(", ")}) to text in one line of Latin-1 characters`,
    isSecret: true,
  };
}

/** Whether a check that throws lets it pass. */
function passes(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

/** A list; also one text with commas, so that one environment variable can hold it. */
export function list<T>(kind: Kind<T>, min = 0): Kind<T[]> {
  const schema = z.preprocess(
    (value) => (typeof value === "string" ? value.split(",").map((part) => part.trim()) : value),
    z.array(kind.schema).min(min).max(1024),
  );
  const count = min > 0 ? `a list of ${min} or more` : "a list";
  return { schema, allowed: `${count}, each ${kind.allowed}` };
}

/** A map with keys of the operator's own; its keys are never changed. */
export function map<T>(kind: Kind<T>): Kind<Record<string, T>> {
  return { schema: z.record(z.string(), kind.schema), allowed: `a map of names to ${kind.allowed}` };
}

/** The same kind, whose value never appears in faults, logs or printed configuration. */
export function secret<T>(kind: Kind<T>): Kind<T> {
  return { ...kind, isSecret: true };
}
