import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** One file of the repository; tests plant their own. `path` is relative to the root, with slashes. */
export interface Source {
  path: string;
  text: string;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const skipped = new Set(["node_modules", ".git", "coverage", ".run"]);
const read = /\.(ts|lua|md|json)$/;

/** Every file that a rule looks at, read once per test run. */
export const repository: readonly Source[] = walk(root);

/** Code that runs in production: neither tests nor what only they use. */
export function isShipped(path: string): boolean {
  return /^(apps|libs)\/[^/]+\/src\/.*\.ts$/.test(path) && !isTestCode(path);
}

export function isTestCode(path: string): boolean {
  return path.endsWith(".test.ts") || path.startsWith("test/") || path.includes("/testing/");
}

function walk(folder: string): Source[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !skipped.has(entry.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return walk(path);
      if (!entry.isFile() || !read.test(entry.name) || entry.name === "package-lock.json") return [];
      return [{ path: relative(root, path).replaceAll("\\", "/"), text: readFileSync(path, "utf8") }];
    });
}
