import { expect, test } from "vitest";
import { DmsError } from "./errors.ts";
import { createLogger, errorFields } from "./logger.ts";
import type { LogLevel } from "./config/index.ts";

function recorded(level: LogLevel = "debug") {
  const lines: string[] = [];
  const logger = createLogger({ level, name: "worker-1", destination: { write: (line) => lines.push(line) } });
  const last = () => JSON.parse(lines.at(-1) ?? "null") as Record<string, unknown>;
  return { logger, lines, last };
}

test("logger: a line is JSON with ISO time, level word, name, fields and message", () => {
  const { logger, lines, last } = recorded();
  logger.info({ event: "http.listening", port: 4100 }, "listening");
  expect(last()).toMatchObject({
    level: "info",
    name: "worker-1",
    event: "http.listening",
    port: 4100,
    msg: "listening",
  });
  expect(last()["time"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(lines[0]?.endsWith("\n")).toBe(true);
  expect(lines).toHaveLength(1);
});

test("logger: the documented time formats", () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  createLogger({ level: "info", name: "x", timeFormat: "time", destination }).info({}, "short");
  createLogger({ level: "info", name: "x", timeFormat: "locale", destination }).info({}, "local");
  expect(JSON.parse(lines[0] ?? "").time).toMatch(/^\d\d:\d\d:\d\d\.\d{3}$/);
  expect(JSON.parse(lines[1] ?? "").time).toMatch(/\d/);
});

test("logger: a child repeats its bindings on its own lines only", () => {
  const { logger, last } = recorded();
  logger.child({ member: "w.abc" }).warn({}, "mine");
  expect(last()).toMatchObject({ member: "w.abc", level: "warn" });
  logger.warn({}, "parent's");
  expect(last()).not.toHaveProperty("member");
});

test("logger: lines below the level are not written, and silent writes none", () => {
  const warn = recorded("warn");
  warn.logger.info({}, "no");
  warn.logger.error({}, "yes");
  expect(warn.lines).toHaveLength(1);
  const silent = recorded("silent");
  silent.logger.fatal({}, "no");
  expect(silent.lines).toHaveLength(0);
});

test("logger: secrets are redacted at any depth, in bindings too", () => {
  const { logger, lines } = recorded();
  const fields = {
    password: "planted",
    handle: { secureKey: "planted" },
    request: [{ to: { authorization: "planted" } }],
  };
  logger.child({ token: "planted" }).info(fields, "x");
  expect(lines.join("")).not.toContain("planted");
  expect(lines.join("")).toContain("<redacted>");
});

test("logger: an error shows code, details and causes, and its stack at level trace only", () => {
  const failure = new DmsError("DMS_REDIS_UNAVAILABLE", "cannot reach Redis", {
    details: { host: "127.0.0.1" },
    cause: new Error("connect refused", { cause: new Error("no route") }),
  });
  const debug = recorded("debug");
  debug.logger.error({ error: failure }, "failed");
  expect(debug.last()["error"]).toEqual({
    message: "cannot reach Redis",
    code: "DMS_REDIS_UNAVAILABLE",
    details: { host: "127.0.0.1" },
    causes: ["connect refused", "no route"],
  });
  const trace = recorded("trace");
  trace.logger.error({ error: failure }, "failed");
  expect((trace.last()["error"] as Record<string, unknown>)["stack"]).toContain("logger.test.ts");
});

test("logger: circular causes and values that are no errors are bounded lines", () => {
  const circular = new Error("round");
  circular.cause = circular;
  expect(errorFields(circular)["causes"]).toHaveLength(8);
  expect(errorFields("plain")).toEqual({ message: "plain" });
});

test("logger: a fact whose own code throws costs that line and no more", () => {
  const { logger, last } = recorded();
  const broken = {
    get fact(): string {
      throw new Error("not now");
    },
  };
  expect(() => logger.info({ event: "x", broken }, "x")).not.toThrow();
  expect(last()).toMatchObject({ event: "log.unreadable" });
});
