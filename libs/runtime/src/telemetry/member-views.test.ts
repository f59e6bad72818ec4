import { expect, test } from "vitest";
import type { ConversationId } from "@dms/protocol";
import type { ClusterEvent } from "@dms/rules";
import { createLogger } from "../logger.ts";
import { createMetrics } from "../metrics.ts";
import { handClock } from "../testing/hand-clock.ts";
import { observeEvents } from "./event-views.ts";
import { memberViews } from "./member-views.ts";

function observed() {
  const lines: string[] = [];
  const clock = handClock();
  const metrics = createMetrics();
  const logger = createLogger({ level: "info", name: "w", destination: { write: (line) => lines.push(line) } });
  const { views } = memberViews({ metrics, clock, role: "worker", progress: {} });
  return { lines, clock, metrics, emit: observeEvents({ logger, clock }, views) };
}

test("telemetry: a member that forgets Redis on and on says so once in five seconds, and counts every time", async () => {
  const { lines, clock, metrics, emit } = observed();
  for (let times = 0; times < 20; times++) {
    emit({ type: "redis-reset", partitions: 8 });
    clock.advance(90);
  }
  expect(lines).toHaveLength(1);
  clock.advance(5000);
  emit({ type: "redis-reset", partitions: 8 });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: "warn", event: "redis-reset", partitions: 8 },
    { level: "warn", event: "redis-reset", omitted: 19 },
  ]);
  expect(await metrics.text()).toContain("dms_redis_resets_total 21");
});

test("telemetry: how loud a line is may hang on the event", () => {
  const lines: string[] = [];
  const clock = handClock();
  const logger = createLogger({ level: "info", name: "w", destination: { write: (line) => lines.push(line) } });
  const level = ({ reason }: { reason: string }) => (reason === "quiet" ? null : "info");
  const emit = observeEvents({ logger, clock }, { "message-buried": { level } });
  const at = { conversation: "c:1" as ConversationId, partition: 0, seq: 1, detail: "" };
  const events: ClusterEvent[] = ["quiet", "told"].map((reason) => ({
    type: "message-buried",
    messageId: "m1",
    sentAt: 0,
    latencyMs: 0,
    deliveryMs: 0,
    reason,
    ...at,
  }));
  for (const event of events) emit(event);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ level: "info", reason: "told" }]);
});
