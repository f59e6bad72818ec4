import type { ClusterEvent } from "@dms/rules";
import { expect, test } from "vitest";
import type { Logger } from "../logger.ts";
import { createMetrics } from "../metrics.ts";
import { handClock } from "../testing/hand-clock.ts";
import { type EventViews, observeEvents } from "./event-views.ts";
import { memberViews } from "./member-views.ts";

function recorded(enabled: readonly string[] = ["info", "warn", "error"]) {
  const lines: { level: string; fields: Record<string, unknown> }[] = [];
  const write = (level: string) => (fields: Record<string, unknown>) => void lines.push({ level, fields });
  const logger = {
    isLevelEnabled: (level: string) => enabled.includes(level),
    ...Object.fromEntries(["trace", "debug", "info", "warn", "error", "fatal"].map((level) => [level, write(level)])),
  } as unknown as Logger;
  return { logger, lines };
}

const failed = (code: string): ClusterEvent => ({ type: "redis-failed", doing: "beat", code, detail: "x" });
const joined: ClusterEvent = { type: "member-joined", member: "w1.a" as never, role: "worker" };

test("events: a line carries the event's name and all its facts, at the level of its view", () => {
  const { logger, lines } = recorded();
  observeEvents({ logger, clock: handClock() }, { "member-joined": { level: "info" } })(joined);
  expect(lines).toEqual([{ level: "info", fields: { event: "member-joined", member: "w1.a", role: "worker" } }]);
});

test("events: without a view, or with none at a level that is written, there is no line, and figures move all the same", () => {
  const { logger, lines } = recorded();
  let counted = 0;
  const views: EventViews = {
    "member-joined": { count: () => void counted++ },
    "inbox-read": { level: null, count: () => void counted++ },
  };
  const emit = observeEvents({ logger, clock: handClock() }, views);
  for (const event of [joined, { type: "inbox-read", entries: 3 } as const, failed("x")]) emit(event);
  expect([lines, counted]).toEqual([[], 2]);
});

test("events: of failures of one kind one line in five seconds is written, and the next tells how many were left out", () => {
  const { logger, lines } = recorded();
  const clock = handClock();
  const emit = observeEvents({ logger, clock }, { "redis-failed": { level: "warn", kind: ({ code }) => code } });
  for (let i = 0; i < 1000; i++) emit(failed("down"));
  emit(failed("other"));
  clock.advance(5000);
  emit(failed("down"));
  expect(lines.map(({ fields }) => [fields["code"], fields["omitted"]])).toEqual([
    ["down", undefined],
    ["other", undefined],
    ["down", 999],
  ]);
});

test("events: the turns of a member's loops are told by their age, whatever else is counted", async () => {
  const metrics = createMetrics({ hasProcessMetrics: false, version: "1" });
  const clock = handClock();
  const { logger } = recorded();
  const progress = { inbox: ["inbox-read"], lanes: ["message-shown", "post-failed"] } as const;
  const member = memberViews({ metrics, clock, role: "worker", progress });
  let counted = 0;
  const views: EventViews = { ...member.views, "inbox-read": { level: null, count: () => void counted++ } };
  const emit = observeEvents({ logger, clock }, member.withProgress(views));
  clock.advance(7000);
  emit({ type: "inbox-read", entries: 1 });
  const text = await metrics.text();
  expect(counted).toBe(1);
  expect(text).toContain('dms_progress_timestamp_seconds{role="worker",loop="inbox"} 7');
  expect(text).toContain('dms_progress_timestamp_seconds{role="worker",loop="lanes"} 0');
});

test("events: two members of one process share their metrics, told apart by role", async () => {
  const metrics = createMetrics({ hasProcessMetrics: false, version: "1" });
  const clock = handClock();
  for (const role of ["worker", "dispatcher"] as const) {
    const member = memberViews({ metrics, clock, role, progress: {} });
    member.watch(() => ({ hasLease: role === "worker" }));
    const emit = observeEvents({ logger: recorded().logger, clock }, member.views);
    emit({ type: "lease-lost", member: "x.a" as never, cause: "expired" });
  }
  const text = await metrics.text();
  expect(text).toContain('dms_lease_held{role="worker"} 1');
  expect(text).toContain('dms_lease_held{role="dispatcher"} 0');
  expect(text).toContain('dms_leases_lost_total{role="worker",cause="expired"} 1');
  expect(text).toContain('dms_leases_lost_total{role="dispatcher",cause="expired"} 1');
});
