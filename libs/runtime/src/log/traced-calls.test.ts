import { expect, test } from "vitest";
import { createLogger } from "../logger.ts";
import { LevelGate } from "./level-gate.ts";
import { noRules } from "./scrubber.ts";
import { traceCalls, traceFor } from "./traced-calls.ts";

function traced(keys: Record<string, string> = {}) {
  const lines: string[] = [];
  const gate = new LevelGate("trace");
  const rules = { ...noRules, keyRules: { defaultRule: "copy", keys } };
  const logger = createLogger({
    level: gate,
    name: "x",
    rules,
    destination: { write: (line: string) => lines.push(line) },
  });
  return { trace: traceCalls(logger), gate, last: () => JSON.parse(lines.at(-1) ?? "{}") as Record<string, unknown> };
}

const call = {
  target: "chat",
  operation: "create",
  method: "POST",
  scheme: "http",
  address: "h/2/chat/s",
  fault: "",
  durationMs: 3,
} as const;
const form = { type: "application/x-www-form-urlencoded;charset=UTF-8" };
const json = { type: "application/json", status: 200 };

test("traced calls: forms and JSON are pairs, treated by key, and secrets are taken out of both", () => {
  const { trace, last } = traced({ _umsFromAddr: "unhide-last,2", message: "hide" });
  trace.note({
    ...call,
    request: { ...form, body: "message=hi&secureKey=planted&userData%5B_umsFromAddr%5D=4912345" },
    answer: {
      ...json,
      body: Buffer.from(
        '{"statusCode":0,"secureKey":"planted","messages":[{"text":"a","userData":{"_umsFromAddr":"4912345"}}]}',
      ),
    },
  });
  expect(last()).toMatchObject({
    event: "chat-call",
    operation: "create",
    request: { Parameters: { message: "********", secureKey: "<redacted>" }, UserData: { _umsFromAddr: "*****45" } },
    answer: {
      status: 200,
      Parameters: { statusCode: 0, secureKey: "<redacted>", messages: [{ userData: { _umsFromAddr: "*****45" } }] },
    },
  });
});

test("traced calls: files and large bodies are told by their size, what is no JSON as text", () => {
  const { trace, last } = traced();
  trace.note({
    ...call,
    request: { type: "multipart/form-data; boundary=x", body: "abc" },
    answer: { ...json, body: "<html>" },
  });
  expect(last()).toMatchObject({ request: { bytes: 3 }, answer: { Parameters: { body: "<html>" } } });
  trace.note({ ...call, request: { ...form, body: `a=${"x".repeat(70_000)}` }, answer: null });
  expect(last()).toMatchObject({ request: { bytes: 70_002 } });
  expect(last()).not.toHaveProperty("answer");
});

test("traced calls: nobody looks, nothing is gathered", () => {
  const { trace, gate } = traced();
  expect(trace.isOn()).toBe(true);
  gate.level = "debug";
  expect(trace.isOn()).toBe(false);
});

test("traced calls: of several that may look, those are told that do", () => {
  const { trace, gate, last } = traced();
  const told: string[] = [];
  const other = { isOn: () => true, note: ({ operation }: { operation: string }) => void told.push(operation) };
  const both = traceFor(trace, other);
  gate.level = "info";
  expect(both.isOn()).toBe(true);
  both.note({ ...call, request: null, answer: null });
  expect([told, last()]).toEqual([["create"], {}]);
  expect(traceFor(trace).isOn()).toBe(false);
});
