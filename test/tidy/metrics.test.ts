import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { conventionFaults, metricGroups, renderMetricsDocs, unitOf } from "./metrics.ts";

const card = (name: string, type: string, labels: string[] = []) => ({ name, type, labels, help: "x" });

test("docs/metrics.md: the tables are those of the registries: name, type, labels, unit, meaning", () => {
  const document = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8");
  const isCurrent = renderMetricsDocs(document) === document;
  expect(isCurrent, "docs/metrics.md differs from the registries; mend it with: node tools/metrics-docs.ts").toBe(true);
});

test("metrics: our names follow Prometheus' conventions, and no label is without bound", () => {
  const ours = metricGroups().flatMap(({ cards }) => cards.filter(({ name }) => !/^dms_(process|nodejs)_/.test(name)));
  expect(ours.length).toBeGreaterThan(50);
  expect(conventionFaults(ours)).toEqual([]);
});

test("metrics: a foreign prefix, a missing or wrong _total, other units, a doubled family and an id as label are caught", () => {
  expect(conventionFaults([card("messages_total", "counter")])).toHaveLength(1);
  expect(conventionFaults([card("dms_messages", "counter")])).toHaveLength(1);
  expect(conventionFaults([card("dms_messages_total", "gauge")])).toHaveLength(1);
  expect(conventionFaults([card("dms_lag_ms", "gauge")])).toHaveLength(1);
  expect(conventionFaults([card("dms_x", "gauge"), card("dms_x_total", "counter")])).toHaveLength(1);
  expect(conventionFaults([card("dms_x", "gauge", ["conversation"])])).toHaveLength(1);
  expect(conventionFaults([card("dms_x_seconds", "histogram", ["partition", "le"])])).toEqual([]);
});

test("metrics: the unit is read from the name", () => {
  expect(unitOf("dms_lag_seconds", "histogram")).toBe("seconds");
  expect(unitOf("dms_progress_timestamp_seconds", "gauge")).toBe("seconds since 1970");
  expect(unitOf("dms_redis_memory_max_bytes", "gauge")).toBe("bytes");
  expect(unitOf("dms_messages_total", "counter")).toBe("events");
  expect(unitOf("dms_sessions", "gauge")).toBe("count");
});
