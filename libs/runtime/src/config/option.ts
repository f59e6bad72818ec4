import { z } from "zod";

/**
 * One kind of value: how it is read from text (YAML scalars arrive as text, so that `${PORT}` and `4100` are the same
 * thing), and what a person may write, in words that serve the fault lines and the documentation alike.
 */
export interface Kind<T> {
  readonly schema: z.ZodType<T>;
  readonly allowed: string;
  readonly isSecret?: boolean;
}

/** What the documentation, the faults and the redaction know of an option. */
export interface OptionMeta {
  readonly description: string;
  readonly allowed: string;
  readonly isSecret: boolean;
  /** The default as it is written in YAML; absent when there is none. */
  readonly fallback?: string;
  readonly isRequired: boolean;
}

type Fallback<T> = z.ZodDefault<z.ZodType<T>>;
type Optional<T> = z.ZodExactOptional<z.ZodType<T>>;

/** An option with a default. */
export function option<T>(kind: Kind<T>, fallback: NoInfer<T>, about: string): Fallback<T> {
  const schema = z._default(kind.schema, () => structuredClone(fallback) as z.core.util.NoUndefined<T>);
  return schema.meta({ ...metaOf(kind, about), fallback: written(fallback) });
}

/** An option that must be given. */
export function required<T>(kind: Kind<T>, about: string): z.ZodType<T> {
  // A clone, because one kind may serve many options and the registry knows schemas by identity.
  return kind.schema.meta({ ...metaOf(kind, about), isRequired: true });
}

/** An option that may be left out and then has no value. */
export function optional<T>(kind: Kind<T>, about: string): Optional<T> {
  return z.exactOptional(kind.schema).meta({ ...metaOf(kind, about) });
}

/** The meta of an option's schema; undefined for a section. */
export function optionMeta(schema: z.ZodType): OptionMeta | undefined {
  const meta = schema.meta();
  return meta && "allowed" in meta ? (meta as unknown as OptionMeta) : undefined;
}

function metaOf(kind: Kind<unknown>, description: string): OptionMeta {
  return { description, allowed: kind.allowed, isSecret: kind.isSecret ?? false, isRequired: false };
}

function written(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
