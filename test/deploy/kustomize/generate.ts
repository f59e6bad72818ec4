import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Generator } from "./kustomization.ts";
import type { Resource } from "./resource.ts";

/** ConfigMaps and Secrets whose names get a hash of their content when everything else is done. */
export const generated: WeakSet<Resource> = new WeakSet();

/** Adds what the generators of one kustomization say to the resources, or changes what a base has generated. */
export function generate(
  resources: Resource[],
  kind: "ConfigMap" | "Secret",
  { generators, folder }: { generators: readonly Generator[]; folder: string },
): void {
  for (const generator of generators) {
    const content = contentOf(generator, folder);
    const encoded = kind === "Secret" ? mapped(content, (text) => Buffer.from(text).toString("base64")) : content;
    const known = resources.find((each) => each.kind === kind && each.metadata.name === generator.name);
    if (generator.behavior === "create") {
      if (known !== undefined)
        throw new Error(`${folder}: ${kind} ${generator.name} is already there: merge or replace it`);
      const type = kind === "Secret" ? { type: "Opaque" } : {};
      const made: Resource = { apiVersion: "v1", kind, metadata: { name: generator.name }, data: encoded, ...type };
      generated.add(made);
      resources.push(made);
    } else {
      if (known === undefined)
        throw new Error(`${folder}: there is no ${kind} ${generator.name} to ${generator.behavior}`);
      known["data"] = generator.behavior === "merge" ? { ...(known["data"] as object), ...encoded } : encoded;
    }
  }
}

/** The end of a generated name: what changes with the content, so that pods roll when it does. Kustomize leaves the name empty. */
export function contentHash({ kind, data, type }: Resource): string {
  const sorted = Object.fromEntries(Object.entries(data as Record<string, string>).toSorted(byName));
  const encoded = JSON.stringify({ data: sorted, kind, name: "", ...(kind === "Secret" ? { type } : {}) });
  // As Go writes JSON: these three are escaped there.
  const goLike = encoded.replaceAll("&", "\\u0026").replaceAll("<", "\\u003c").replaceAll(">", "\\u003e");
  const hex = createHash("sha256").update(goLike).digest("hex").slice(0, 10);
  const letters: Record<string, string> = { "0": "g", "1": "h", "3": "k", a: "m", e: "t" };
  return hex.replace(/[013ae]/g, (digit) => letters[digit] ?? digit);
}

function contentOf({ files, literals }: Generator, folder: string): Record<string, string> {
  const entries: Record<string, string> = {};
  for (const literal of literals) {
    const end = literal.indexOf("=");
    entries[literal.slice(0, end)] = literal.slice(end + 1);
  }
  for (const file of files) {
    const [key, path = key] = file.split("=");
    entries[basename(key ?? "")] = readFileSync(join(folder, path ?? ""), "utf8");
  }
  return entries;
}

function mapped(entries: Record<string, string>, change: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).map(([key, text]) => [key, change(text)]));
}

function byName([one]: [string, string], [other]: [string, string]): number {
  return one < other ? -1 : 1;
}
