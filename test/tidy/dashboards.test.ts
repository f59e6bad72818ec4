import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { rulesIn, unknownMetrics } from "./alerts.ts";
import { dashboardFaults, queriesIn } from "./dashboards.ts";
import { metricGroups } from "./metrics.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const folder = "deploy/grafana/dashboards/";
const dashboards = readdirSync(new URL(`../../${folder}`, import.meta.url))
  .filter((file) => file.endsWith(".json"))
  .map((file) => read(folder + file));
const metrics = metricGroups().flatMap(({ cards }) => cards.map(({ name }) => name));
const recorded = rulesIn(read("deploy/prometheus/rules/figures.yml")).flatMap(({ record }) => record ?? []);

test("dashboards: Grafana's model is kept: places, letters, data sources, variables", () => {
  expect(dashboards.length).toBeGreaterThan(0);
  expect(dashboards.flatMap(dashboardFaults)).toEqual([]);
});

test("dashboards: every metric that they ask for exists", () => {
  const known = new Set([...metrics, ...recorded]);
  expect(dashboards.flatMap(queriesIn).flatMap(({ expr }) => unknownMetrics(expr, known))).toEqual([]);
});

/** Why a figure of ours has no place on the dashboard. */
const elsewhere: Record<string, string> = {
  dms_partitions: "in alerts only: it is what dms_partitions_led is compared with",
  dms_log_lines_lost_total: "in an alert only: there is nothing to see but that it counts",
  dms_spans_total: "only where traces are sent",
};

test("dashboards: every figure of ours is on a dashboard, or is said to be elsewhere", () => {
  const asked = dashboards.flatMap(queriesIn).map(({ expr }) => expr);
  const all = [...asked, ...rulesIn(read("deploy/prometheus/rules/figures.yml")).map(({ expr }) => expr)].join("\n");
  const absent = metrics.filter(
    (name) => !/^dms_(process|nodejs)_/.test(name) && !new RegExp(`${name}(_bucket|_count)?\\b`).test(all),
  );
  const known = Object.keys(elsewhere);
  expect(
    absent.filter((name) => !known.includes(name) && !/^dms_(oldest|held)_message_age_seconds$/.test(name)),
  ).toEqual([]);
});

const panel = (changes: object) => ({
  id: 1,
  type: "timeseries",
  title: "x",
  gridPos: { h: 8, w: 12, x: 0, y: 0 },
  datasource: { type: "prometheus", uid: "${datasource}" },
  targets: [{ refId: "A", expr: "dms_sessions" }],
  ...changes,
});
const dashboard = (...panels: object[]) =>
  JSON.stringify({
    uid: "x",
    title: "x",
    schemaVersion: 39,
    panels,
    templating: { list: [{ name: "datasource", type: "datasource" }] },
    annotations: { list: [] },
  });

test("dashboards: a panel over another, too wide, without query, with a fixed data source or an unknown variable is caught", () => {
  expect(dashboardFaults(dashboard(panel({})))).toEqual([]);
  expect(dashboardFaults(dashboard(panel({}), panel({ id: 2, title: "y" })))).toEqual(["x lies over y"]);
  expect(dashboardFaults(dashboard(panel({ gridPos: { h: 8, w: 12, x: 20, y: 0 } })))).toHaveLength(1);
  expect(dashboardFaults(dashboard(panel({ targets: [] })))).toHaveLength(1);
  expect(dashboardFaults(dashboard(panel({ datasource: { type: "prometheus", uid: "fixed" } })))).toHaveLength(1);
  expect(dashboardFaults(dashboard(panel({ targets: [{ refId: "A", expr: "dms_sessions{a='$b'}" }] })))).toHaveLength(
    1,
  );
  expect(dashboardFaults(dashboard(panel({}), panel({ gridPos: { h: 8, w: 12, x: 12, y: 0 } })))).toHaveLength(2);
});
