import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { parseConfig } from "../config/index.ts";
import type { Config } from "../config/index.ts";
import { createLogger } from "../logger.ts";
import { handClock } from "../testing/hand-clock.ts";
import { openOutputs, outputsOf } from "./outputs.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "dms-log-"));
  folders.push(made);
  return made;
}

function logSection(text: string): Config["log"] {
  const result = parseConfig(`log: ${text}`, { env: {} });
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.config.log;
}

test.each([
  ["{}", { stdout: "trace" }],
  ["{ all: stderr }", { stderr: "trace" }],
  ["{ all: 'stdout, /x/a.log', standard: [stderr] }", { stdout: "trace", "/x/a.log": "trace", stderr: "info" }],
  ["{ standard: a, trace: b, interaction: c, debug: d }", { a: "info", b: "debug", c: "info", d: "trace" }],
  ["{ standard: a, all: a }", { a: "trace" }],
  ["{ all: [network, memory] }", { stdout: "trace" }],
])("outputs: %s", (written, expected) => {
  expect(Object.fromEntries(outputsOf(logSection(written)))).toEqual(expected);
});

test("outputs: each takes the lines of its level and above", () => {
  const dir = folder();
  const [all, standard] = [join(dir, "all.log"), join(dir, "standard.log")];
  const { destination } = openOutputs(logSection(`{ all: ${all}, standard: ${standard} }`), handClock());
  const logger = createLogger({ level: "trace", name: "x", destination });
  logger.trace({}, "quiet");
  logger.info({}, "loud");
  const messages = (file: string) =>
    readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { msg: string }).msg);
  expect([messages(all), messages(standard)]).toEqual([["quiet", "loud"], ["loud"]]);
});

test.each([false, true])(
  "outputs: a file that cannot be written is an error with its name (buffering: %s)",
  (buffering) => {
    const log = logSection(`{ all: /nowhere/x.log, buffering: ${buffering} }`);
    expect(() => openOutputs(log, handClock())).toThrow(
      expect.objectContaining({
        code: "DMS_LOG_OUTPUT_FAILED",
        message: expect.stringContaining("/nowhere/x.log") as string,
      }),
    );
  },
);

test("outputs: lines that may wait are written together after a second, or when they are many", () => {
  const file = join(folder(), "x.log");
  const clock = handClock();
  const { destination } = openOutputs(logSection(`{ all: ${file}, buffering: true }`), clock);
  const logger = createLogger({ level: "info", name: "x", destination });
  const count = () => readFileSync(file, "utf8").split("\n").length - 1;
  logger.info({}, "one");
  logger.info({}, "two");
  clock.advance(999);
  expect(count()).toBe(0);
  clock.advance(1);
  expect([count(), clock.pending()]).toEqual([2, 0]);
  logger.info({}, "a".repeat(4000));
  logger.info({}, "b".repeat(4000));
  expect([count(), clock.pending()]).toEqual([4, 0]);
  logger.fatal({}, "the end");
  expect(count()).toBe(5);
});
