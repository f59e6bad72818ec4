import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** One edit of one file of `k8s`. */
export interface Edit {
  /** The file, from `k8s` on. */
  file: string;
  change: (text: string) => string;
}

const manifests = fileURLToPath(new URL("../../../k8s", import.meta.url));

/** Edits a copy of the manifests, gives it to `use` and removes it. Throws when the edit changes nothing. */
export function withEdit<Result>({ file, change }: Edit, use: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), "dms-k8s-"));
  try {
    cpSync(manifests, folder, { recursive: true });
    const path = join(folder, file);
    const before = readFileSync(path, "utf8");
    const after = change(before);
    if (after === before) throw new Error(`k8s/${file}: there is nothing to change`);
    writeFileSync(path, after);
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
