import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));

test.each([
  ["/nope", "ENOENT"],
  [main, "JSON"],
])("--replay %s is refused in one line that says why: %s", (file, why) => {
  const { status, stderr } = spawnSync(process.execPath, [main, "--replay", file], { encoding: "utf8" });
  expect(stderr).toMatch(new RegExp(`^--replay ${file}: no plan[^\\n]*${why}[^\\n]*\\n$`));
  expect(status).toBe(78);
});
