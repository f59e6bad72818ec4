import { expect, test } from "vitest";
import { nameFaults } from "./names.ts";
import { repository } from "./repository.ts";

const faultsIn = (text: string, path = "libs/x/src/x.ts") => nameFaults([{ path, text }]);

test("names: no name and no document uses a banned word", () => {
  expect(nameFaults(repository)).toEqual([]);
});

test.for([
  "class SessionManager {}",
  "function parseHelper() {}",
  "const redisUtils = 1;",
  "interface CommonOptions {}",
  "type WorkerInfo = string;",
  "interface Port { retryTask(): void }",
  "const f = (data: string) => data;",
  "const [data] = rows;",
  "const { rows: data } = reply;",
  "for (const info of rows) {}",
  "class X { #masterName = 1; }",
])("names: a fault is caught in %s", (text) => {
  expect(faultsIn(text)).toHaveLength(1);
});

test.for([
  "function handleMessage() {}",
  "const x = { processEntry() {} };",
  "class X { handleError() {} }",
  "const handleIt = () => 1;",
])("names: a verb that hides the deed is caught in %s", (text) => {
  expect(faultsIn(text)).toEqual([expect.stringContaining("say what it does")]);
});

test.for([
  "const handle = session.handle;",
  "const userData = event.data;",
  "const { data } = reply;",
  "interface Turn { data: string }",
  'import { createManager } from "other";',
  "logger.info({}, x);",
  "const information = 1;",
  "const multitasking = 1;",
])("names: no fault is seen in %s", (text) => {
  expect(faultsIn(text)).toEqual([]);
});

test.for([
  "libs/x/src/redis-utils.ts",
  "libs/common/src/x.ts",
  "apps/worker/src/sessionPool.ts",
  "libs/x/src/helper.lua",
])("names: the file name %s is caught", (path) => {
  expect(faultsIn("", path)).toHaveLength(1);
});

test("names: prose is looked at, code and addresses in documents are not", () => {
  const text = "The manager\n`masterName` and [x](helper.md)\n```\nutils\n```\nits slaves\n";
  expect(faultsIn(text, "docs/x.md")).toEqual([
    expect.stringMatching(/^docs\/x\.md:1: the word manager/),
    expect.stringMatching(/^docs\/x\.md:6: the word slaves: replica/),
  ]);
});
