import type { ConversationId } from "@dms/protocol";
import type { ClusterEvent } from "@dms/rules";
import { expect, test } from "vitest";
import { createMetrics } from "../metrics.ts";
import { handClock } from "../testing/hand-clock.ts";
import { spansOf } from "./message-spans.ts";
import { encodeSpans } from "./otlp.ts";
import type { Span } from "./span.ts";
import { SpanExporter } from "./span-exporter.ts";
import { isSampled, traceIdsOf } from "./trace-ids.ts";

const of = { conversation: "whatsapp:c1" as ConversationId, partition: 3 };
const shown: ClusterEvent = {
  type: "message-shown",
  seq: 2,
  messageId: "m1",
  messageType: "text",
  entryId: "1-0",
  chatId: "s1",
  posts: 1,
  failures: 0,
  sentAt: 5100,
  latencyMs: 900,
  deliveryMs: 100,
  ...of,
};
const message = { sequence: 7, id: "m1", conversationId: "c1", type: "text", sentAt: "" } as never;
const stored: ClusterEvent = {
  type: "batch-stored",
  channel: "whatsapp",
  batch: [
    { sequence: 7, parsed: true, message },
    { sequence: 8, parsed: false, raw: "{}", fault: "x" },
  ],
  storeMs: 5,
};

function at(wall: number) {
  const clock = handClock();
  clock.advance(wall);
  return { clock, ratio: 1 };
}

const resource = { "service.name": "dms-worker", "service.instance.id": "w1", "service.version": "1" };
const span: Span = {
  traceId: "a".repeat(32),
  spanId: "b".repeat(16),
  parentId: "",
  name: "message whatsapp",
  kind: "internal",
  startMs: 1_700_000_000_000.5,
  endMs: 1_700_000_000_001,
  attributes: { "messaging.message.id": "m1", "dms.seq": 2, "dms.x": true, "dms.y": 0.5 },
  error: "",
};

test("tracing: dispatcher and worker find the same trace, by channel and message id alone", () => {
  const [receive] = spansOf(stored, at(5000));
  const [root, process] = spansOf(shown, at(6000));
  expect(root).toMatchObject({ parentId: "", startMs: 5100, endMs: 6000, ...spanIds("whatsapp", "m1") });
  expect(receive).toMatchObject({ traceId: root?.traceId, parentId: root?.spanId, startMs: 4995, endMs: 5000 });
  expect(process).toMatchObject({ traceId: root?.traceId, parentId: root?.spanId, startMs: 5900, endMs: 6000 });
  expect(traceIdsOf("sms", "m1").traceId).not.toBe(root?.traceId);
});

function spanIds(channel: string, id: string) {
  const { traceId, rootId } = traceIdsOf(channel, id);
  return { traceId, spanId: rootId };
}

test("tracing: what did not parse has no trace, a buried message has one that failed", () => {
  expect(spansOf(stored, at(1))).toHaveLength(1);
  const { type: _, ...facts } = shown;
  const buried = { ...facts, type: "message-buried", reason: "rejected", detail: "no" } as unknown as ClusterEvent;
  expect(spansOf(buried, at(1000)).map(({ error }) => error)).toEqual(["rejected: no", "rejected: no"]);
  expect(spansOf({ ...buried, messageId: "" } as ClusterEvent, at(1000))).toEqual([]);
});

test("tracing: a share of the messages is chosen by all processes alike", () => {
  const ids = Array.from({ length: 2000 }, (_, i) => traceIdsOf("whatsapp", `m${i}`).traceId);
  const chosen = ids.filter((id) => isSampled(id, 0.25)).length;
  expect(chosen).toBeGreaterThan(400);
  expect(chosen).toBeLessThan(600);
  expect(ids.every((id) => isSampled(id, 1) && !isSampled(id, 0))).toBe(true);
  expect(spansOf(shown, { clock: handClock(), ratio: 0 })).toEqual([]);
});

test("tracing: spans are OTLP's JSON: ids in hexadecimal, nanoseconds and integers as text", () => {
  const body = JSON.parse(encodeSpans([span], resource)) as {
    resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[];
  };
  expect(body.resourceSpans[0]?.scopeSpans[0]?.spans[0]).toEqual({
    traceId: "a".repeat(32),
    spanId: "b".repeat(16),
    flags: 1,
    name: "message whatsapp",
    kind: 1,
    startTimeUnixNano: "1700000000000500000",
    endTimeUnixNano: "1700000000001000000",
    attributes: [
      { key: "messaging.message.id", value: { stringValue: "m1" } },
      { key: "dms.seq", value: { intValue: "2" } },
      { key: "dms.x", value: { boolValue: true } },
      { key: "dms.y", value: { doubleValue: 0.5 } },
    ],
    status: {},
  });
});

function exporting(answers: (number | Error)[]) {
  const clock = handClock();
  const metrics = createMetrics({ hasProcessMetrics: false, version: "1" });
  const bodies: string[] = [];
  const exporter = new SpanExporter({
    url: "http://collector/v1/traces",
    headers: {},
    resource,
    clock,
    metrics,
    post: async (_url, _headers, body) => {
      bodies.push(body);
      const answer = answers.shift() ?? 200;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  const counted = async (outcome: string) =>
    Number(new RegExp(`dms_spans_total{outcome="${outcome}"} (\\d+)`).exec(await metrics.text())?.[1]);
  const turn = async (ms: number) => {
    clock.advance(ms);
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  return { exporter, bodies, counted, turn };
}

test("tracing: spans are gathered for a second and sent together", async () => {
  const { exporter, bodies, counted, turn } = exporting([]);
  exporter.add([span]);
  exporter.add([span]);
  expect(bodies).toHaveLength(0);
  await turn(1000);
  expect(bodies).toHaveLength(1);
  expect(await counted("sent")).toBe(2);
});

test("tracing: a collector that fails is asked again, one that refuses is not, and what is lost is counted", async () => {
  const busy = exporting([503, new Error("reset"), 200]);
  busy.exporter.add([span]);
  for (let i = 0; i < 5; i++) await busy.turn(2000);
  expect([busy.bodies.length, await busy.counted("sent")]).toEqual([3, 1]);
  const refused = exporting([400]);
  refused.exporter.add([span]);
  for (let i = 0; i < 5; i++) await refused.turn(2000);
  expect([refused.bodies.length, await refused.counted("lost")]).toEqual([1, 1]);
});

test("tracing: the queue has a bound, and what finds it full is counted", async () => {
  const { exporter, counted } = exporting([]);
  exporter.add(Array.from({ length: 5000 }, () => span));
  // 4096 wait at most.
  expect(await counted("dropped")).toBe(5000 - 4096);
});

test("tracing: closing sends what is left", async () => {
  const { exporter, bodies } = exporting([]);
  exporter.add([span]);
  await exporter.close();
  expect(bodies).toHaveLength(1);
});
