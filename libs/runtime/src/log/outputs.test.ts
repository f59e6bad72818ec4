import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { parseConfig } from "../config/index.ts";
import type { Config } from "../config/index.ts";
import { createLogger } from "../logger.ts";
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
  const destination = openOutputs(logSection(`{ all: ${all}, standard: ${standard} }`));
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

test("outputs: a file that cannot be written is an error with its name, and a full disk costs lines only", () => {
  expect(() => openOutputs(logSection("{ all: /nowhere/x.log }"))).toThrow(
    expect.objectContaining({
      code: "DMS_LOG_OUTPUT_FAILED",
      message: expect.stringContaining("/nowhere/x.log") as string,
    }),
  );
  const logger = createLogger({ level: "info", name: "x", destination: openOutputs(logSection("{ all: /dev/full }")) });
  expect(() => logger.info({}, "lost")).not.toThrow();
});
