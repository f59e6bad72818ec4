import { z } from "zod";
import { pathText } from "./fault.ts";
import type { Fault, Path } from "./fault.ts";
import { nearest } from "./nearest.ts";
import { optionMeta } from "./option.ts";
import { redacted, shownInterpolated, shownValue } from "./redaction.ts";
import type { SourceDocument } from "./source-document.ts";

/** What a document holds, by its schema: defaults filled in, what is at fault left out. */
export interface Checked {
  readonly value: Readonly<Record<string, unknown>>;
  readonly faults: readonly Fault[];
  /** Unknown options that `isIgnored` let pass. */
  readonly ignored: readonly string[];
}

/** What to do about names that the schema does not know. */
export interface UnknownNames {
  /** Whether a name may pass; it is then listed in `ignored`. */
  isIgnored(path: Path): boolean;
  /** Beginning of the sections of the operator's own naming, so that a misspelt one is recognised. */
  readonly openPrefix?: string;
}

/**
 * Checks a whole document against a schema of nested sections and reports every fault at once. Each option is checked
 * by itself, so that one fault hides no other; zod's own object check would skip everything that depends on the whole.
 * Something empty counts as not written, an empty section as one with defaults.
 */
export function check(schema: z.ZodObject, source: SourceDocument, names: UnknownNames): Checked {
  const checker = new Checker(source, names);
  const value = checker.section(schema, source.value, []) ?? {};
  return { value, faults: checker.faults, ignored: checker.ignored };
}

/** The nested section behind an option's schema, when it is one. */
export function sectionOf(schema: z.ZodType): z.ZodObject | undefined {
  const inner = schema instanceof z.ZodExactOptional ? schema.unwrap() : schema;
  return inner instanceof z.ZodObject ? inner : undefined;
}

/** A fault at a path of a document, with its line. */
export function faultAt(source: SourceDocument, path: Path, what: { found: string; allowed: string }): Fault {
  const line = source.lineOf(path);
  return { file: source.file, path: pathText(path), ...what, ...(line === undefined ? {} : { line }) };
}

class Checker {
  readonly faults: Fault[] = [];
  readonly ignored: string[] = [];
  readonly #source: SourceDocument;
  readonly #names: UnknownNames;

  constructor(source: SourceDocument, names: UnknownNames) {
    this.#source = source;
    this.#names = names;
  }

  section(schema: z.ZodObject, value: unknown, path: Path): Record<string, unknown> | undefined {
    const written = isEmpty(value) ? {} : value;
    if (this.#source.isFaulted(path)) return undefined;
    if (!isMapping(written)) {
      this.#fault(path, { found: kindOf(written), allowed: `a map with ${Object.keys(schema.shape).join(", ")}` });
      return undefined;
    }
    this.#unknownKeys(Object.keys(written), Object.keys(schema.shape), path);
    const result: Record<string, unknown> = {};
    for (const [key, option] of Object.entries(schema.shape as Record<string, z.ZodType>)) {
      const checked = this.#option(option, written, [...path, key]);
      if (checked !== undefined) result[key] = checked;
    }
    return result;
  }

  #option(schema: z.ZodType, parent: Record<string, unknown>, path: Path): unknown {
    const key = String(path.at(-1));
    const section = sectionOf(schema);
    if (!section) return this.#leaf(schema, parent[key], path);
    if (schema instanceof z.ZodExactOptional && !(key in parent)) return undefined;
    return this.section(section, parent[key], path);
  }

  #leaf(schema: z.ZodType, value: unknown, path: Path): unknown {
    if (this.#source.isFaulted(path)) return undefined;
    const written = isEmpty(value) ? undefined : withoutEmpty(value);
    if (written === undefined && schema instanceof z.ZodExactOptional) return undefined;
    const result = schema.safeParse(written);
    if (result.success) return result.data;
    const seen = new Set<string>();
    for (const issue of result.error.issues) {
      const at = placeOf(issue.path as Path, path, written);
      if (seen.has(pathText(at)) || this.#source.isFaulted(at)) continue;
      seen.add(pathText(at));
      const refusal = this.#refusal(schema, valueAt(written, issue.path as Path), at);
      this.#fault(at, issue.code === "invalid_key" ? { ...refusal, found: "a name that it cannot have" } : refusal);
    }
    return undefined;
  }

  #refusal(schema: z.ZodType, value: unknown, path: Path): { found: string; allowed: string } {
    const meta = optionMeta(schema);
    const template = this.#source.templateOf(path);
    const isHidden = (meta?.isSecret ?? false) && value !== undefined;
    const shown = template === undefined ? shownValue(value) : shownInterpolated(template, value);
    const isMissing = value === undefined && template === undefined && meta?.isRequired;
    const allowed = meta?.allowed ?? "another value";
    return { found: isHidden ? redacted : shown, allowed: isMissing ? `${allowed} (required)` : allowed };
  }

  #unknownKeys(keys: readonly string[], known: readonly string[], path: Path): void {
    for (const key of keys) {
      if (known.includes(key)) continue;
      const at = [...path, key];
      if (this.#names.isIgnored(at)) this.ignored.push(pathText(at));
      else this.#fault(at, { found: "an unknown name", allowed: this.#suggestion(key, known, path) });
    }
  }

  #suggestion(key: string, known: readonly string[], path: Path): string {
    const open = path.length === 0 ? this.#names.openPrefix : undefined;
    if (open === undefined) return suggestion(key, known);
    const names = known.filter((name) => !name.startsWith(open));
    const dash = key.indexOf("-");
    const isOpen = dash > 0 && nearest(key.slice(0, dash + 1), [open]) !== undefined;
    return suggestion(key, isOpen ? [...names, `${open}${key.slice(dash + 1)}`] : [...names, `${open}<name>`]);
  }

  #fault(path: Path, what: { found: string; allowed: string }): void {
    this.faults.push(faultAt(this.#source, path, what));
  }
}

function suggestion(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  return near === undefined ? known.join(", ") : `did you mean ${near}? (${known.join(", ")})`;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

/** In a map of the operator's own, a name without a value is not there. */
function withoutEmpty(value: unknown): unknown {
  return isMapping(value) ? Object.fromEntries(Object.entries(value).filter(([, entry]) => !isEmpty(entry))) : value;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The type only: a text where a section belongs may be anything, a secret too. */
function kindOf(value: unknown): string {
  return Array.isArray(value) ? "a list" : "a text";
}

/** Where an issue stands in the file; inside a text that was taken apart only places in a list can be counted. */
function placeOf(inner: Path, path: Path, written: unknown): Path {
  return typeof written === "string"
    ? [...path, ...inner.filter((part) => typeof part === "number")]
    : [...path, ...inner];
}

/** The refused part; the whole, when it is a text that was taken apart (a list with commas). */
function valueAt(value: unknown, path: Path): unknown {
  if (typeof value === "string") return value;
  return path.reduce<unknown>((at, part) => (at as Record<string | number, unknown> | undefined)?.[part], value);
}
