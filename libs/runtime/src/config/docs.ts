import type { z } from "zod";
import { optionMeta } from "./option.ts";
import type { OptionMeta } from "./option.ts";
import { channelSection, configSchema } from "./schema.ts";
import { shapeOf } from "./shape.ts";

const begin = "<!-- options: begin (node tools/config-docs.ts writes what follows) -->";
const end = "<!-- options: end -->";

/** The document with its tables of options made anew from the schema; what a person wrote around them stays. */
export function renderConfigDocs(document: string): string {
  const [before, rest] = split(document, begin);
  const [, after] = split(rest, end);
  return `${before}${begin}\n\n${tables()}\n${end}${after}`;
}

function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`docs/config.md has lost its line ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

function tables(): string {
  const sections = shapeOf(configSchema).map((entry) => ({
    title: entry.key,
    schema: entry.section,
    meta: optionMeta(entry.schema),
    about: String(entry.schema.meta()?.description ?? ""),
  }));
  const channels = {
    title: "channel-<name>",
    schema: channelSection,
    meta: undefined,
    about: "One channel at the hub; any number of them.",
  };
  const place = sections.findIndex((section) => section.title === "chat");
  return [...sections.slice(0, place), channels, ...sections.slice(place)]
    .map(({ title, schema, meta, about }) => {
      const rows = schema ? rowsOf(schema, "") : meta ? [row("<key>", meta)] : [];
      return `### \`${title}\`\n\n${about}\n\n| option | allowed | default | meaning |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`;
    })
    .join("\n");
}

function rowsOf(section: z.ZodObject, prefix: string): string[] {
  return shapeOf(section).flatMap(({ key, schema, section: inner }) => {
    const meta = optionMeta(schema);
    if (inner) return rowsOf(inner, `${prefix}${key}.`);
    return meta ? [row(`${prefix}${key}`, meta)] : [];
  });
}

function row(name: string, meta: OptionMeta): string {
  const fallback = meta.isRequired ? "**required**" : meta.fallback === undefined ? "–" : `\`${meta.fallback}\``;
  const allowed = meta.isSecret ? `${meta.allowed}; secret` : meta.allowed;
  return `| \`${name}\` | ${cell(allowed).replaceAll("<", "\\<")} | ${fallback} | ${cell(meta.description)} |`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
