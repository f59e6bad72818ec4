import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const checkout = fileURLToPath(new URL("../..", import.meta.url));

/** The version that a roll-out begins from: the first commit of the present key layout. */
export const previousCommit = "939bc1a";

/**
 * Writes a former version's files into a folder, over this checkout's packages from outside. Answers why it cannot, in a
 * checkout without that commit for example.
 */
export function extractPrevious(dir: string): string | null {
  try {
    mkdirSync(dir, { recursive: true });
    const archive = execFileSync("git", ["archive", previousCommit], {
      cwd: checkout,
      maxBuffer: 2 ** 28,
      stdio: "pipe",
    });
    execFileSync("tar", ["x", "-C", dir], { input: archive });
  } catch (caught) {
    return `commit ${previousCommit} cannot be had: ${String(caught).split("\n")[0]}`;
  }
  const packages = join(dir, "node_modules");
  mkdirSync(packages, { recursive: true });
  for (const name of readdirSync(join(checkout, "node_modules"))) {
    // Our own packages are links to folders beside: copied as they are, they lead to those of the former version.
    if (name === "@dms")
      cpSync(join(checkout, "node_modules/@dms"), join(packages, "@dms"), { recursive: true, verbatimSymlinks: true });
    else symlinkSync(join(checkout, "node_modules", name), join(packages, name));
  }
  return null;
}
