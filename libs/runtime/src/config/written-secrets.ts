import type { z } from "zod";
import { isSecretKey } from "../log/secret-keys.ts";
import { pathText } from "./fault.ts";
import type { Path } from "./fault.ts";
import { ownText } from "./interpolate.ts";
import { optionMeta } from "./option.ts";
import { shapeOf } from "./shape.ts";
import type { SourceDocument } from "./source-document.ts";

/** The password of a URL, in any text that holds one. */
const urlPassword = /:\/\/[^/@\s]*:[^/\s]+@/;

/**
 * One warning with the paths of all secrets that the file holds itself instead of naming where they are. A password in
 * a URL is one; of a map with keys of the operator's own (headers), what is under a key that names one.
 */
export function writtenSecretsWarning(schema: z.ZodObject, source: SourceDocument): string[] {
  const paths = inSection(schema, { source, value: source.value, path: [] });
  if (paths.length === 0) return [];
  return [
    `${source.file}: these secrets are written in the file itself; take them from outside, by \${VAR} or \${file:/path}: ${paths.join(", ")}`,
  ];
}

interface Place {
  readonly source: SourceDocument;
  readonly value: unknown;
  readonly path: Path;
}

function inSection(section: z.ZodObject, place: Place): string[] {
  return shapeOf(section).flatMap(({ key, schema, section: inner }) => {
    const at = within(place, key);
    if (inner) return inSection(inner, at);
    return inOption(at, optionMeta(schema)?.isSecret ?? false);
  });
}

/** An option may be a text, a list or a map of texts. */
function inOption(place: Place, isSecret: boolean): string[] {
  const { source, value, path } = place;
  if (Array.isArray(value)) return value.flatMap((_, index) => inOption(within(place, index), isSecret));
  if (typeof value === "object" && value !== null)
    return Object.keys(value).flatMap((key) => inOption(within(place, key), isSecret && isSecretKey(key)));
  if (typeof value !== "string" || value === "") return [];
  const written = source.templateOf(path) ?? value;
  const own = ownText(written);
  return (isSecret && own === written) || urlPassword.test(own) ? [pathText(path)] : [];
}

/** What stands under a name or at a place in a list; a text or nothing has nothing there. */
function within({ source, value, path }: Place, part: string | number): Place {
  const held = typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[part] : null;
  return { source, value: held, path: [...path, part] };
}
