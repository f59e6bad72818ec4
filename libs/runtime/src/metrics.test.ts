import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

const bare = () => createMetrics({ hasProcessMetrics: false, version: "9.9.9" });

test("metrics: counters, gauges and histograms appear in the text with their labels", async () => {
  const metrics = bare();
  const taken = metrics.counter({ name: "dms_taken_total", help: "taken", labels: ["channel"] });
  taken.of({ channel: "whatsapp" }).add();
  taken.of({ channel: "whatsapp" }).add(2);
  metrics.gauge({ name: "dms_sessions", help: "sessions" }).set(7);
  metrics.histogram({ name: "dms_call_seconds", help: "calls", buckets: [0.1, 1] }).observe(0.5);
  const text = await metrics.text();
  expect(text).toContain('dms_taken_total{channel="whatsapp"} 3');
  expect(text).toContain("dms_sessions 7");
  expect(text).toContain('dms_call_seconds_bucket{le="1"} 1');
  expect(text).toContain('dms_call_seconds_bucket{le="0.1"} 0');
});

test("metrics: the series of the same values is the same object, of others another", () => {
  const counter = bare().counter({ name: "dms_x_total", help: "x", labels: ["a", "b"] });
  expect(counter.of({ a: "1", b: "2" })).toBe(counter.of({ b: "2", a: "1" }));
  expect(counter.of({ a: "1", b: "2" })).not.toBe(counter.of({ a: "2", b: "1" }));
});

test("metrics: a gauge with a reader is asked at each scrape", async () => {
  const metrics = bare();
  let backlog = 1;
  metrics.gauge({ name: "dms_backlog", help: "backlog", read: () => backlog });
  expect(await metrics.text()).toContain("dms_backlog 1");
  backlog = 2;
  expect(await metrics.text()).toContain("dms_backlog 2");
});

test("metrics: a name without the dms_ prefix is refused", () => {
  // @ts-expect-error the type refuses it as well
  expect(() => bare().counter({ name: "messages_total", help: "x" })).toThrow("must begin with dms_");
});

test("metrics: a name registered again with the same definition is the same metric, with another it is refused", async () => {
  const metrics = bare();
  metrics
    .counter({ name: "dms_x_total", help: "x", labels: ["role"] })
    .of({ role: "worker" })
    .add();
  metrics
    .counter({ name: "dms_x_total", help: "x", labels: ["role"] })
    .of({ role: "worker" })
    .add();
  expect(await metrics.text()).toContain('dms_x_total{role="worker"} 2');
  expect(() => metrics.counter({ name: "dms_x_total", help: "y", labels: ["role"] })).toThrow("dms_x_total");
  expect(() => metrics.gauge({ name: "dms_x_total", help: "x", labels: ["role"] })).toThrow("dms_x_total");
});

test("metrics: what readers no longer name is gone, two readers of one name are both heard", async () => {
  const metrics = bare();
  const led = new Map([["0", 5]]);
  const gauge = { name: "dms_backlog_entries", help: "backlog", labels: ["partition"] } as const;
  metrics.gauge({ ...gauge, read: () => [...led].map(([partition, count]) => [{ partition }, count] as const) });
  metrics.gauge({ ...gauge, read: () => [[{ partition: "9" }, 2]] });
  expect(await metrics.text()).toContain('dms_backlog_entries{partition="0"} 5');
  led.clear();
  const text = await metrics.text();
  expect(text).not.toContain('partition="0"');
  expect(text).toContain('dms_backlog_entries{partition="9"} 2');
});

test("metrics: a counter that is read shows the count as it stands, however often it is asked", async () => {
  const metrics = bare();
  metrics.counter({ name: "dms_settled_total", help: "settled", read: () => 41 });
  await metrics.text();
  expect(await metrics.text()).toContain("dms_settled_total 41");
});

test("metrics: every line of a whole process begins with dms_, build facts included", async () => {
  const metrics = createMetrics();
  const lines = (await metrics.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  expect(lines.filter((line) => !line.startsWith("dms_"))).toEqual([]);
  expect(lines.some((line) => line.startsWith("dms_process_cpu_seconds_total"))).toBe(true);
  expect(lines.find((line) => line.startsWith("dms_build_info"))).toMatch(/version="\d.*node="v\d.* 1$/);
});
