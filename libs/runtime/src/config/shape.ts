import type { z } from "zod";
import { camelCase } from "./camel-case.ts";
import { sectionOf } from "./check.ts";

/** One option of a section: its name as written, its name in `Config`, its schema, and its own section if it is one. */
export interface ShapeEntry {
  readonly key: string;
  readonly name: string;
  readonly schema: z.ZodType;
  readonly section: z.ZodObject | undefined;
}

/** The options of a section in the order of the documentation. */
export function shapeOf(section: z.ZodObject): ShapeEntry[] {
  return Object.entries(section.shape as Record<string, z.ZodType>).map(([key, schema]) => ({
    key,
    name: camelCase(key),
    schema,
    section: sectionOf(schema),
  }));
}

/** A checked value with its option names in camel case; only names that the schema knows, so free maps keep theirs. */
export function camelCased(section: z.ZodObject, value: unknown): Record<string, unknown> {
  const written = value as Readonly<Record<string, unknown>>;
  const entries = shapeOf(section)
    .filter(({ key }) => key in written)
    .map((entry) => [entry.name, entry.section ? camelCased(entry.section, written[entry.key]) : written[entry.key]]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}
