import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { parse } from "yaml";
import { type AlertRule, rulesIn } from "../tidy/alerts.ts";
import { withoutOneOperand } from "./operands.ts";
import { isMonitoringThere, runPromtool } from "./servers.ts";

// Each alert in a history in which it fires and in the nearest one in which it must not: deploy/prometheus/tests.

interface History {
  name: string;
}
interface HistoryFile {
  tests: History[];
}

const folder = fileURLToPath(new URL("../../deploy/prometheus/", import.meta.url));
const testFiles = readdirSync(join(folder, "tests"));
const read = (file: string): string => readFileSync(join(folder, file), "utf8");
const alerts = rulesIn(read("rules/alerts.yml")) as AlertRule[];
const copies: string[] = [];

afterEach(() => {
  for (const copy of copies.splice(0)) rmSync(copy, { recursive: true });
});

/** Alerts are looked at when the figures of that moment are there. */
const order = ["dms-figures", "dms-objective", "copy"];

/** A copy of the folder with these alerts only, and the histories whose names are wanted. Answers its files of histories. */
function copyWith(rules: readonly AlertRule[], isWanted: (name: string) => boolean): string[] {
  const copy = mkdtempSync(join(tmpdir(), "dms-rules-"));
  copies.push(copy);
  cpSync(join(folder, "rules"), join(copy, "rules"), { recursive: true });
  mkdirSync(join(copy, "tests"));
  // JSON is YAML.
  writeFileSync(join(copy, "rules/alerts.yml"), JSON.stringify({ groups: [{ name: "copy", rules }] }));
  return testFiles.flatMap((file) => {
    const { tests, ...rest } = parse(read(`tests/${file}`)) as HistoryFile;
    const wanted = tests.filter(({ name }) => isWanted(name));
    if (wanted.length === 0) return [];
    const path = join(copy, "tests", file);
    writeFileSync(path, JSON.stringify({ ...rest, group_eval_order: order, tests: wanted }));
    return [path];
  });
}

/** What promtool says of all histories with every alert's expression changed. */
function saidWith(change: (expr: string) => string): string {
  const changed = alerts.map((rule) => ({ ...rule, expr: change(rule.expr) }));
  return runPromtool("test", "rules", ...copyWith(changed, () => true)).said;
}

/** Three days of histories, many times over, on a machine that others use too. */
const patienceMs = 600_000;

const names = testFiles.flatMap((file) => (parse(read(`tests/${file}`)) as HistoryFile).tests.map(({ name }) => name));
const isOf = (name: string, what: "fires" | "is quiet"): boolean => new RegExp(`^Dms\\w+ ${what}`).test(name);
/** Of the tests that failed: those that expected an alert and saw none, and those that saw one and expected none. */
const count = (said: string, what: RegExp): number => (said.match(what) ?? []).length;

test.skipIf(!isMonitoringThere)(
  "rules: promtool finds them well formed, and every alert fires when it should and only then",
  () => {
    const checked = runPromtool("check", "rules", `${folder}rules/figures.yml`, `${folder}rules/alerts.yml`);
    expect(checked.isContent ? "" : checked.said).toBe("");
    const tested = runPromtool("test", "rules", ...testFiles.map((file) => `${folder}tests/${file}`));
    expect(tested.isContent ? "" : tested.said).toBe("");
  },
);

test.skipIf(!isMonitoringThere)(
  "rules: alerts that never fire, and alerts that always do, fail the tests",
  () => {
    expect(names.filter((name) => !isOf(name, "fires") && !isOf(name, "is quiet"))).toEqual([]);
    const never = saidWith((expr) => `(${expr}) and vector(1) == 2`);
    expect(count(never, /got: *nil/g)).toBe(names.filter((name) => isOf(name, "fires")).length);
    const always = saidWith(() => "vector(1)");
    expect(count(always, /exp: *nil/g)).toBe(names.filter((name) => isOf(name, "is quiet")).length);
  },
  patienceMs,
);

test.skipIf(!isMonitoringThere)(
  "rules: an alert without one of its conditions fails its tests",
  () => {
    const whole = new Set<string>();
    const trials = new Map<string, string>();
    for (const rule of alerts) {
      const expr = rule.expr.trim().replace(/\s+/g, " ");
      const mutilated = withoutOneOperand(expr);
      if (mutilated.length === 0) continue;
      for (const each of [expr, ...mutilated]) {
        const files = copyWith([{ ...rule, expr: each }], (name) => name.startsWith(`${rule.alert} `));
        expect(files).toHaveLength(1);
        trials.set(files[0] ?? "", each);
      }
      whole.add(expr);
    }
    expect(trials.size).toBeGreaterThan(30);
    const { said } = runPromtool("test", "rules", ...trials.keys());
    const passed = [...said.matchAll(/Unit Testing: +(\S+)\n +SUCCESS/g)].map(([, file = ""]) => trials.get(file));
    expect(new Set(passed)).toEqual(whole);
  },
  patienceMs,
);

test("rules: one operand at a time is left out, at any depth", () => {
  expect(withoutOneOperand('sum by (a) (b{c="d or e"}) > 1')).toEqual([]);
  expect(withoutOneOperand("a > 1 and on (i) b == 2")).toEqual(["b == 2", "a > 1"]);
  expect(withoutOneOperand("(a and b) or c")).toEqual(["c", "(a and b)", "(b) or c", "(a) or c"]);
  expect(withoutOneOperand("max((a or vector(0))) < b")).toEqual(["max((vector(0))) < b", "max((a)) < b"]);
});
