import { z } from "zod";
import { filterBounds } from "./bounds.ts";
import { compilePattern } from "./pattern.ts";
import type { Pattern } from "./pattern.ts";
import { parseReplacement } from "./replacement.ts";
import type { Replacement } from "./replacement.ts";

/** A sum that a match must have besides its form. */
const check = z.enum(["luhn"]).optional();
const search = z.string().min(1);
const comment = z.string().optional();
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/);
const step = z.strictObject({ comment, search, replace: z.string().max(filterBounds.replaceLengthMax), check });

const schema = z.strictObject({
  comment,
  filters: z
    .array(
      z.discriminatedUnion("kind", [
        z.strictObject({ name, comment, kind: z.literal("skip"), search, check }),
        z.strictObject({ name, comment, kind: z.literal("hide"), search, check }),
        z.strictObject({
          name,
          comment,
          kind: z.literal("edit"),
          steps: z.array(step).min(1).max(filterBounds.stepsMax),
        }),
      ]),
    )
    .max(filterBounds.filtersMax),
});

type Written = z.infer<typeof schema>["filters"][number];

/** One search of a filter, ready to run. */
export interface Search {
  readonly pattern: Pattern;
  readonly needsLuhn: boolean;
}

/** A filter ready to run; its effect is told in `text-filter.ts`. */
export type Filter =
  | { readonly name: string; readonly kind: "skip" | "hide"; readonly search: Search }
  | {
      readonly name: string;
      readonly kind: "edit";
      readonly steps: readonly (Search & { readonly replacement: Replacement })[];
    };

/** A fault of a specification; `path` as in `filters.0.steps.1.search`. */
export interface SpecFault {
  readonly path: string;
  readonly found: string;
  readonly allowed: string;
}

export type SpecResult = { readonly filters: readonly Filter[] } | { readonly faults: readonly SpecFault[] };

const form = `{"filters": [{"name", "kind": "skip" or "hide", "search"} or {"name", "kind": "edit", "steps": [{"search", "replace"}]}]}`;

/** Reads a filter specification (JSON) and compiles it. Either all of it is ready, or every fault at once; never throws. */
export function parseFilterSpec(text: string): SpecResult {
  if (Buffer.byteLength(text) > filterBounds.fileBytesMax) {
    return refused("", `${Buffer.byteLength(text)} bytes`, `at most ${filterBounds.fileBytesMax} bytes`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refused("", "no JSON", form);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => ({
      path: issue.path.join("."),
      found: "something else",
      allowed: `${issue.message.replace(/^Invalid input: /, "")}; the whole is ${form}`,
    }));
    return { faults };
  }
  return compiled(parsed.data.filters);
}

function refused(path: string, found: string, allowed: string): SpecResult {
  return { faults: [{ path, found, allowed }] };
}

function compiled(written: readonly Written[]): SpecResult {
  const faults: SpecFault[] = [];
  const sizes = { sum: 0 };
  const filters = written.map((filter, place): Filter | undefined => {
    const at = `filters.${place}`;
    if (filter.kind !== "edit") {
      const found = searchOf(filter, { at, faults, sizes });
      return found && { name: filter.name, kind: filter.kind, search: found };
    }
    const steps = filter.steps.map((each, index) => stepOf(each, { at: `${at}.steps.${index}`, faults, sizes }));
    return { name: filter.name, kind: "edit", steps: steps.filter((each) => each !== undefined) };
  });
  if (sizes.sum > filterBounds.programSizeSumMax) {
    const allowed = `at most ${filterBounds.programSizeSumMax} in all`;
    faults.push({ path: "filters", found: `patterns of ${sizes.sum} instructions`, allowed });
  }
  return faults.length > 0 ? { faults } : { filters: filters.filter((filter) => filter !== undefined) };
}

interface Place {
  at: string;
  faults: SpecFault[];
  sizes: { sum: number };
}

function searchOf(written: { search: string; check?: "luhn" | undefined }, place: Place): Search | undefined {
  const pattern = compilePattern(written.search);
  if ("found" in pattern) {
    place.faults.push({ path: `${place.at}.search`, ...pattern });
    return undefined;
  }
  place.sizes.sum += pattern.programSize;
  return { pattern, needsLuhn: written.check === "luhn" };
}

function stepOf(written: z.infer<typeof step>, place: Place): (Search & { replacement: Replacement }) | undefined {
  const found = searchOf(written, place);
  if (found === undefined) return undefined;
  const replacement = parseReplacement(written.replace, found.pattern.groups);
  if (!("fault" in replacement)) return { ...found, replacement };
  const allowed = `groups of the search: $0 to $${found.pattern.groups.count}, or \${name}`;
  place.faults.push({ path: `${place.at}.replace`, found: replacement.fault, allowed });
  return undefined;
}
