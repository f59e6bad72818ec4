import { expect, test } from "vitest";
import { importFaults } from "./imports.ts";
import { repository } from "./repository.ts";

const file = (path: string, text: string) => [{ path, text }];
const manifest = (name: string, ...dependencies: string[]) => ({
  path: `apps/${name}/package.json`,
  text: JSON.stringify({ dependencies: Object.fromEntries(dependencies.map((dependency) => [dependency, "1"])) }),
});

test("imports: every import follows the tables", () => {
  expect(importFaults(repository)).toEqual([]);
});

test.for([
  ["libs/rules/src/x.ts", 'import { systemClock } from "@dms/runtime";', "declare a port"],
  ["libs/streams/src/x.ts", 'import type { Job } from "@dms/jobs";', "streams may import protocol, rules, runtime"],
  ["apps/worker/src/x.ts", 'import { app } from "@dms/dispatcher";', "declare a port"],
  ["apps/worker/src/x.ts", 'export { open } from "@dms/streams";', "only an app's main.ts"],
  ["apps/hub-mock/src/x.ts", 'const rules = await import("@dms/rules");', "hub-mock may import protocol, runtime"],
  ["apps/worker/src/main.ts", 'import { redis } from "@dms/testkit";', "declare a port"],
  ["apps/newcomer/src/x.ts", 'import "node:fs";', "add it to mayImport"],
  ["apps/worker/src/x.ts", 'import { Redis } from "ioredis";', "only libs/streams/ and libs/testkit/"],
  ["libs/streams/src/x.test.ts", 'import { Pool } from "undici";', "only libs/http-client/"],
  ["apps/worker/src/x.ts", 'import { x } from "../../dispatcher/src/app.ts";', "import the package by its name"],
  ["libs/rules/src/x.ts", 'import { x } from "./testing/x.ts";', "is test code"],
] as const)("imports: a fault is caught in %s: %s", ([path, text, mend]) => {
  const faults = importFaults(file(path, text));
  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain(mend);
});

test("imports: a package that the manifest does not declare is caught", () => {
  const sources = [manifest("worker", "zod"), ...file("apps/worker/src/x.ts", 'import "zod";\nimport "zed/sub";')];
  expect(importFaults(sources)).toEqual([
    "apps/worker/src/x.ts:2: imports zed/sub: worker does not declare zed: add it to the dependencies in its package.json",
  ]);
});

test.for([
  ["apps/worker/src/main.ts", 'import { streams } from "@dms/streams";'],
  ["apps/single/src/x.ts", 'import { createWorker } from "@dms/worker";'],
  ["apps/cluster/src/x.ts", 'import { startRedis } from "@dms/testkit";'],
  ["apps/worker/src/app.redis.test.ts", 'import { startRedis } from "@dms/testkit";'],
] as const)("imports: what the design allows passes: %s: %s", ([path, text]) => {
  expect(importFaults(file(path, text))).toEqual([]);
});
