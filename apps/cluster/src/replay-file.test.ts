import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@dms/runtime";
import { afterAll, expect, test } from "vitest";
import { runCluster } from "./app.ts";
import { helpText, parseOptions } from "./options.ts";
import { readConversations, sampleLine } from "./replay-file.ts";

const dir = mkdtempSync(join(tmpdir(), "dms-replay-"));
afterAll(() => rmSync(dir, { recursive: true }));

function fileWith(...lines: string[]): string {
  const file = join(dir, "conversations.jsonl");
  writeFileSync(file, lines.join("\n"));
  return file;
}

test("the line that the help shows is one that can be read", () => {
  expect(helpText).toContain(sampleLine);
  expect(readConversations(fileWith(sampleLine, "", sampleLine))).toEqual([
    JSON.parse(sampleLine),
    JSON.parse(sampleLine),
  ]);
});

test.each([
  ["no", "2: is no JSON"],
  ["[]", "2: is no object"],
  ['{"customer": 1}', "2: customer is no text"],
  ['{"customer": "c", "brand": "b", "messages": "hi"}', "2: messages is no list"],
  ['{"customer": "c", "brand": "b", "messages": ["hi"]}', "2: messages[0] is no object"],
  ['{"customer": "c", "brand": "b", "messages": [{"from": "customer", "at": ""}]}', "2: messages[0].text is no text"],
])("%s is refused with its place, in one line that shows how a line must be", (line, told) => {
  const file = fileWith(sampleLine, line);
  expect(() => readConversations(file)).toThrow(`--replay ${file}:${told}; a line is as ${sampleLine}`);
});

test("a file that is not there is told before anything of the cluster starts", async () => {
  const parsed = parseOptions(["--replay", join(dir, "none")], undefined);
  if (parsed.kind !== "run") throw new Error("the options are right");
  const printed: string[] = [];
  const parts = { options: parsed.options, clock: systemClock, dir: join(dir, "run"), isColored: false };
  const rest = { print: (line: string) => printed.push(line), openTerminal: null, stopWish: new AbortController() };
  await expect(runCluster({ ...parts, ...rest })).rejects.toThrow(/none: cannot be read \(ENOENT[^\n]*$/);
  expect(printed).toEqual([]);
});

test("a file without a conversation is refused", () => {
  expect(() => readConversations(fileWith(""))).toThrow("has no conversation");
});
