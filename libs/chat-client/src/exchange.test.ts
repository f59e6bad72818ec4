import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const twins = ["exchange.ts", "deadline.ts", "answer.ts", "outside-call.ts", "dispatcher.ts", "testing/loopback.ts"];

// The clients may not import each other and undici stays in them: until these files have a library of their own, the hub
// client's tests of them stand for both.
it.each(twins)("exchange: both clients hold the same %s", (file) => {
  const here = readFileSync(new URL(file, import.meta.url), "utf8");
  const there = readFileSync(new URL(`../../hub-client/src/${file}`, import.meta.url), "utf8");
  expect(here).toBe(there);
});
