import type { TracedCall } from "@dms/rules";
import { expect, test } from "vitest";
import { handClock } from "../testing/hand-clock.ts";
import { callSpans } from "./call-spans.ts";
import type { Span } from "./span.ts";
import { traceIdsOf } from "./trace-ids.ts";

const message = { channel: "whatsapp", payload: JSON.stringify({ id: "m1" }) };
const { traceId, rootId } = traceIdsOf("whatsapp", "m1");
const call: TracedCall = {
  target: "chat",
  operation: "send",
  method: "POST",
  scheme: "https",
  address: "gms.example/genesys/2/chat/s/c1/send?token=planted",
  request: null,
  answer: { status: 200, type: "", body: "" },
  fault: "",
  durationMs: 40,
};

function opened(ratio = 1) {
  const spans: Span[] = [];
  const clock = handClock();
  clock.advance(10_000);
  return { spans, ...callSpans({ clock, ratio, add: (more) => spans.push(...more) }) };
}

test("call spans: a call for a message is a client's span below the message's root, with the attributes of HTTP", async () => {
  const { spans, within, trace } = opened();
  await within(message, async () => {
    await Promise.resolve();
    expect(trace.isOn()).toBe(true);
    trace.note(call);
  });
  expect(spans).toEqual([
    {
      traceId,
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
      parentId: rootId,
      name: "POST send",
      kind: "client",
      startMs: 9960,
      endMs: 10_000,
      attributes: {
        "http.request.method": "POST",
        "server.address": "gms.example",
        "server.port": 443,
        "url.scheme": "https",
        "url.path": "/genesys/2/chat/s/c1/send",
        "dms.target": "chat",
        "dms.operation": "send",
        "http.response.status_code": 200,
      },
      error: "",
    },
  ]);
  expect(JSON.stringify(spans)).not.toContain("planted");
});

test("call spans: a refusal and a call without answer are errors, with their kind", async () => {
  const { spans, within, trace } = opened();
  await within(message, async () => {
    trace.note({ ...call, answer: { status: 503, type: "", body: "" } });
    trace.note({ ...call, scheme: "http", address: "127.0.0.1:4020/x", answer: null, fault: "timeout" });
  });
  expect(spans.map(({ error, attributes }) => [error, attributes["error.type"], attributes["server.port"]])).toEqual([
    ["503", "503", 443],
    ["timeout", "timeout", 4020],
  ]);
  expect(spans[1]?.attributes).not.toHaveProperty("http.response.status_code");
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(2);
});

test("call spans: calls for no message, or for one that is not sampled, have none, and nobody gathers anything", async () => {
  const { spans, within, trace } = opened(0);
  expect(trace.isOn()).toBe(false);
  trace.note(call);
  await within(message, async () => {
    expect(trace.isOn()).toBe(false);
    trace.note(call);
  });
  expect(spans).toEqual([]);
});

test("call spans: what a message has set going, and what goes on after it, is not part of it", async () => {
  const { spans, within, trace } = opened();
  const later = Promise.withResolvers<void>();
  let goesOn: Promise<void> | undefined;
  await within(message, async () => {
    goesOn = later.promise.then(() => trace.note(call));
  });
  later.resolve();
  await goesOn;
  expect(spans).toEqual([]);
});

test("call spans: messages side by side do not get each other's calls, and work that fails ends its message", async () => {
  const { spans, within, trace } = opened();
  const turn = Promise.withResolvers<void>();
  const one = within(message, async () => {
    await turn.promise;
    trace.note(call);
    throw new Error("gone");
  });
  const two = within({ channel: "whatsapp", payload: JSON.stringify({ id: "m2" }) }, async () => trace.note(call));
  await two;
  turn.resolve();
  await expect(one).rejects.toThrow("gone");
  expect(spans.map((span) => span.traceId)).toEqual([traceIdsOf("whatsapp", "m2").traceId, traceId]);
  expect(trace.isOn()).toBe(false);
});
