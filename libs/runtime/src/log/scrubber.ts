import { errorFields } from "./error-fields.ts";
import { logBounds, suppressed } from "./bounds.ts";
import { isAttribute, KeyFilter } from "./key-filter.ts";
import type { KeyRules } from "./key-filter.ts";
import type { Treatment } from "./treatment.ts";
import { isSecretKey, redacted, withoutUrlCredentials } from "./secret-keys.ts";
import type { Filter } from "./filter-spec.ts";
import { openBudget, TextFilter } from "./text-filter.ts";
import type { LineBudget } from "./text-filter.ts";

/** What the operator wants of a log, besides what always holds: secrets are never written. */
export interface ScrubRules {
  keyRules: KeyRules;
  filters: readonly Filter[];
  /** Secrets by value; wherever one of them stands in a text, it is taken out. */
  secrets: readonly string[];
  /** Time for the filters of one line; `logBounds.lineMsMax` by default. */
  lineMsMax?: number;
}

export const noRules: ScrubRules = { keyRules: { defaultRule: "copy", keys: {} }, filters: [], secrets: [] };

/** Shorter secrets are words that stand elsewhere too. */
const secretLengthMin = 8;
/** So much more of a long text is looked at, or a secret at the cut would be written in half. */
const secretLengthMax = 1024;
/** What the cut has left of a number would be no number that a filter knows. */
const cutNumber = /[\d .()+-]{1,64}$/;
/** Numbers that are shorter are counts; longer ones may be a customer's. */
const numberDigitsMin = 7;

interface Line {
  values: number;
  length: number;
  isSkipped: boolean;
  readonly hasStack: boolean;
  readonly budget: LineBudget;
}

/** Where a value stands: in an attribute, its pairs are treated by key. */
interface Place {
  depth: number;
  treatment?: Treatment;
}

/**
 * Makes of a line's facts what may be written: secrets by key and by value taken out, pairs of attributes treated by
 * key, every text filtered, all of it bounded. What it answers is made of plain values only and shares nothing with
 * what it was given.
 */
export class Scrubber {
  readonly #keys: KeyFilter;
  readonly #filter: TextFilter | undefined;
  readonly #secrets: readonly string[];
  readonly #lineMsMax: number | undefined;

  constructor({ keyRules, filters, secrets, lineMsMax }: ScrubRules) {
    this.#lineMsMax = lineMsMax;
    this.#keys = new KeyFilter(keyRules);
    this.#filter = filters.length > 0 ? new TextFilter(filters) : undefined;
    this.#secrets = secrets
      .filter((secret) => secret.length >= secretLengthMin)
      .toSorted((a, b) => b.length - a.length);
  }

  /** The line as it may be written; null when a filter leaves it out. */
  line(
    fields: Readonly<Record<string, unknown>>,
    message: string,
    hasStack: boolean,
  ): { fields: Record<string, unknown>; message: string } | null {
    const line: Line = { values: 0, length: 0, isSkipped: false, hasStack, budget: openBudget(this.#lineMsMax) };
    const shownMessage = this.#text(message, line);
    const shown = this.#map(fields, line, { depth: 0 });
    return line.isSkipped ? null : { fields: shown, message: shownMessage };
  }

  #value(value: unknown, line: Line, place: Place): unknown {
    if (++line.values > logBounds.valuesMax) return suppressed;
    if (place.treatment !== undefined && isSingle(value)) {
      if (place.treatment.kind === "skip") return undefined;
      const treated = place.treatment.show(String(value));
      // An untouched number stays a number.
      if (treated !== String(value)) return this.#text(treated, line);
    }
    if (typeof value === "string") return this.#text(value, line);
    if (typeof value === "number") return this.#number(value, line);
    if (typeof value === "bigint") return this.#text(String(value), line);
    if (typeof value !== "object" || value === null) return typeof value === "function" ? undefined : value;
    if (place.depth >= logBounds.depthMax) return suppressed;
    return this.#composite(value, line, place);
  }

  #composite(value: object, line: Line, place: Place): unknown {
    if (Array.isArray(value)) return value.map((entry) => this.#value(entry, line, below(place)) ?? null);
    if (value instanceof Error) return this.#map(errorFields(value, line.hasStack), line, below(place));
    if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
    if (value instanceof Date) return Number.isNaN(value.valueOf()) ? "Invalid Date" : value.toISOString();
    if (value instanceof URL) return this.#text(value.href, line);
    if (value instanceof Map) return this.#map(Object.fromEntries(value), line, below(place));
    if (value instanceof Set) return [...value].map((entry) => this.#value(entry, line, below(place)) ?? null);
    return this.#map(value as Record<string, unknown>, line, below(place));
  }

  #map(fields: Readonly<Record<string, unknown>>, line: Line, place: Place): Record<string, unknown> {
    const pairs: [string, unknown][] = [];
    for (const [key, value] of Object.entries(fields)) {
      if (line.values > logBounds.valuesMax) break;
      // Keys of our own are words; below an attribute or a list they may be a customer's text.
      const name = place.depth === 0 ? key : this.#text(key, line);
      const pair = this.#pair(key, value, { line, place });
      if (pair !== undefined) pairs.push([name, pair]);
    }
    // Not by assignment: a key may be called __proto__.
    return Object.fromEntries(pairs);
  }

  #pair(key: string, value: unknown, { line, place }: { line: Line; place: Place }): unknown {
    if (value === undefined) return undefined;
    if (isSecretKey(key)) return redacted;
    if (isAttribute(key)) return this.#value(value, line, { depth: place.depth, treatment: this.#keys.fallback });
    if (place.treatment === undefined) return this.#value(value, line, place);
    const treatment = this.#keys.named(key);
    if (treatment?.kind === "skip") return undefined;
    if (treatment?.kind === "hide") return treatment.show("");
    return this.#value(value, line, { depth: place.depth, treatment: treatment ?? place.treatment });
  }

  #number(value: number, line: Line): unknown {
    const written = String(value);
    if (this.#filter === undefined || written.length < numberDigitsMin) return value;
    const shown = this.#text(written, line);
    return shown === written ? value : shown;
  }

  #text(text: string, line: Line): string {
    const left = Math.min(logBounds.textLengthMax, logBounds.lineLengthMax - line.length);
    if (left <= 0) return suppressed;
    const isLong = text.length > left;
    const known = this.#withoutSecrets(isLong ? text.slice(0, left + secretLengthMax) : text);
    const cut = isLong ? known.slice(0, left).replace(cutNumber, "") : known;
    line.length += cut.length;
    const filtered = this.#filter === undefined ? cut : this.#filter.apply(cut, line.budget);
    if (filtered === null) line.isSkipped = true;
    return isLong ? `${filtered}... (${text.length} characters)` : (filtered ?? "");
  }

  #withoutSecrets(text: string): string {
    let shown = text.includes("://") ? withoutUrlCredentials(text) : text;
    for (const secret of this.#secrets) if (shown.includes(secret)) shown = shown.replaceAll(secret, redacted);
    return shown;
  }
}

function below(place: Place): Place {
  return { ...place, depth: place.depth + 1 };
}

function isSingle(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}
