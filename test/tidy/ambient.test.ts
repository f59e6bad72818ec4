import { expect, test } from "vitest";
import { ambientFaults } from "./ambient.ts";
import { repository } from "./repository.ts";

test("ambient: time, chance and environment come from libs/runtime alone", () => {
  expect(ambientFaults(repository)).toEqual([]);
});

test.for([
  "const at = Date.now();",
  "const at = globalThis.Date.now();",
  "const at = new Date().toISOString();",
  "const at = performance.now();",
  "const signal = AbortSignal.timeout(5);",
  "setTimeout(() => {}, 5);",
  "globalThis.setInterval(() => {}, 5);",
  'import { setTimeout as sleep } from "node:timers/promises";',
  "const chance = Math.random();",
  'const home = process.env["HOME"];',
])("ambient: a fault is caught in %s", (text) => {
  expect(ambientFaults([{ path: "apps/worker/src/x.ts", text }])).toHaveLength(1);
  expect(ambientFaults([{ path: "libs/runtime/src/x.ts", text }])).toEqual([]);
  expect(ambientFaults([{ path: "apps/worker/src/x.test.ts", text }])).toEqual([]);
});

test.for(["const at = new Date(5);", "const at = clock.monotonic();", "type Timer = typeof setTimeout;"])(
  "ambient: no fault is seen in %s",
  (text) => {
    expect(ambientFaults([{ path: "apps/worker/src/x.ts", text }])).toEqual([]);
  },
);
