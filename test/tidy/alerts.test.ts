import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { metricsIn, rulesIn, runbookFaults, unknownMetrics } from "./alerts.ts";
import { metricGroups } from "./metrics.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const filesOf = (folder: string) =>
  readdirSync(new URL(`../../${folder}`, import.meta.url)).flatMap((file) =>
    file.endsWith(".yml") ? [folder + file] : [],
  );
const rules = filesOf("deploy/prometheus/rules/").flatMap((path) => rulesIn(read(path)));
const known = new Set([
  ...metricGroups().flatMap(({ cards }) => cards.map(({ name }) => name)),
  ...rules.flatMap(({ record }) => record ?? []),
]);

test("alerts: each has a severity, a summary and a whole section in the runbook, and the runbook no other", () => {
  expect(rules.filter(({ alert }) => alert !== undefined).length).toBeGreaterThan(20);
  expect(runbookFaults(rules, read("docs/runbook.md"))).toEqual([]);
});

test("rules: every metric that they use exists", () => {
  expect(rules.flatMap(({ expr }) => unknownMetrics(expr, known))).toEqual([]);
});

test("rules: the objective is one thing over every window that its names tell", () => {
  const burned = rules.filter(({ record }) => record?.startsWith("dms:objective_missed:ratio_rate"));
  const forms = burned.map(({ record, expr, labels }) => {
    const [, window = ""] = /ratio_rate(.+)$/.exec(record ?? "") ?? [];
    return `${labels?.["sli"]} ${expr.replaceAll(`[${window}]`, "[window]")}`;
  });
  const whole = Object.entries(Object.groupBy(forms, (form) => form)).map(([form, same]) => [
    form.split(" ")[0],
    same?.length,
  ]);
  expect(whole).toEqual([
    ["age", 7],
    ["latency", 7],
  ]);
});

test("alerts: each has a history in which it fires and one in which it does not", () => {
  const tests = filesOf("deploy/prometheus/tests/").map(read).join("");
  const untested = rules.filter(
    ({ alert }) => alert !== undefined && !(tests.includes(`${alert} fires`) && tests.includes(`${alert} is quiet`)),
  );
  expect(untested.map(({ alert }) => alert)).toEqual([]);
});

test("runbook: a missing section, a missing part, another severity and a section of nobody are caught", () => {
  const rule = (alert: string) => ({
    alert,
    expr: "up == 0",
    labels: { severity: "warning" },
    annotations: { summary: "x", description: "x", runbook: `docs/runbook.md#${alert.toLowerCase()}` },
  });
  const whole = "### DmsX\n\nwarning\n\n- **Meaning.** x\n- **Check.** x\n- **Act.** x\n- **Undo.** x\n";
  expect(runbookFaults([rule("DmsX")], whole)).toEqual([]);
  expect(runbookFaults([rule("DmsX"), rule("DmsY")], whole)).toHaveLength(1);
  expect(runbookFaults([rule("DmsX")], whole.replace("- **Undo.** x\n", ""))).toHaveLength(1);
  expect(runbookFaults([rule("DmsX")], whole.replace("warning", "critical"))).toHaveLength(1);
  expect(runbookFaults([], whole)).toHaveLength(1);
  expect(runbookFaults([{ ...rule("DmsX"), labels: {} }], whole)).not.toEqual([]);
});

test("rules: names of metrics are found in any form, and unknown ones are told", () => {
  expect(metricsIn('sum(rate(dms_a_total{b="dms_c"}[5m])) > dms:d:sum and max({__name__=~"dms_(e|f)_g"})')).toEqual([
    "dms_a_total",
    "dms:d:sum",
    "dms_e_g",
    "dms_f_g",
  ]);
  expect(unknownMetrics("dms_a_seconds_bucket + dms_b", new Set(["dms_a_seconds"]))).toEqual(["dms_b"]);
});
