import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import type { LuaMutation } from "../script-texts.ts";
import type { Change, Tooth } from "./tooth.ts";

const root = new URL("../../../", import.meta.url);
const scripts = "libs/streams/src/transitions/";

/** Changes of a tooth that are in scripts; the simulator makes them where it prepares the texts. */
export function luaMutations({ changes }: Tooth): LuaMutation[] {
  return changes
    .filter(({ file }) => file.endsWith(".lua"))
    .map(({ file, rule, otherwise }) => ({ transition: file.slice(scripts.length, -".lua".length), rule, otherwise }));
}

/**
 * From now on the product's files are loaded with the tooth's changes in their text. Nothing of them may be loaded yet.
 * Throws at the load of a file that has no such place any more, so that a change cannot come to nothing unseen.
 */
export function takeOut({ changes }: Tooth): void {
  const byUrl = new Map<string, Change[]>();
  for (const change of changes) {
    if (!change.file.endsWith(".ts")) continue;
    const url = new URL(change.file, root).href;
    byUrl.set(url, [...(byUrl.get(url) ?? []), change]);
  }
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const wanted = byUrl.get(url);
      if (wanted === undefined) return loaded;
      let text = sourceText(loaded.source);
      for (const { rule, otherwise } of wanted) {
        if (!text.includes(rule)) throw new Error(`${fileURLToPath(url)} has no such place any more: ${rule}`);
        text = text.replaceAll(rule, () => otherwise);
      }
      return { ...loaded, source: text };
    },
  });
}

function sourceText(source: unknown): string {
  if (typeof source === "string") return source;
  if (source instanceof Uint8Array) return Buffer.from(source).toString("utf8");
  throw new Error("a file without text was loaded");
}
