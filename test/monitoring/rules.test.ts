import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { isMonitoringThere, runPromtool } from "./servers.ts";

// Each alert in a history in which it fires and in the nearest one in which it must not: deploy/prometheus/tests.

const folder = fileURLToPath(new URL("../../deploy/prometheus/", import.meta.url));
let copy: string | undefined;

afterEach(() => {
  if (copy !== undefined) rmSync(copy, { recursive: true });
  copy = undefined;
});

/** The folder with every alert's expression changed. */
function withAlerts(change: (expr: string) => string): string {
  copy = mkdtempSync(join(tmpdir(), "dms-rules-"));
  cpSync(folder, copy, { recursive: true });
  const file = join(copy, "rules/alerts.yml");
  const changed = readFileSync(file, "utf8").replace(
    /expr: >-\n((?: {10}.*\n)+)/g,
    (_, expr: string) => `expr: ${JSON.stringify(change(expr.trim().replace(/\s+/g, " ")))}\n`,
  );
  writeFileSync(file, changed);
  return join(copy, "tests/alerts.yml");
}

const tests = (readFileSync(join(folder, "tests/alerts.yml"), "utf8").match(/- name: .* fires$/gm) ?? []).length;
/** Of the tests that failed: those that expected an alert and saw none, and those that saw one and expected none. */
const count = (said: string, what: RegExp): number => (said.match(what) ?? []).length;

test.skipIf(!isMonitoringThere)(
  "rules: promtool finds them well formed, and every alert fires when it should and only then",
  () => {
    const checked = runPromtool("check", "rules", `${folder}rules/figures.yml`, `${folder}rules/alerts.yml`);
    expect(checked.isContent ? "" : checked.said).toBe("");
    const tested = runPromtool("test", "rules", `${folder}tests/alerts.yml`);
    expect(tested.isContent ? "" : tested.said).toBe("");
  },
);

test.skipIf(!isMonitoringThere)("rules: alerts that never fire, and alerts that always do, fail the tests", () => {
  const never = runPromtool(
    "test",
    "rules",
    withAlerts((expr) => `(${expr}) and vector(1) == 2`),
  );
  expect(never.isContent).toBe(false);
  expect(count(never.said, /got: *nil/g)).toBe(tests);
  if (copy !== undefined) rmSync(copy, { recursive: true });
  const always = runPromtool(
    "test",
    "rules",
    withAlerts(() => "vector(1)"),
  );
  expect(count(always.said, /exp: *nil/g)).toBe(tests);
});
