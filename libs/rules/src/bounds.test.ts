import fc from "fast-check";
import { expect, test } from "vitest";
import { mayFetch } from "./admission.ts";
import { judge } from "./death.ts";
import { mayBeExecutedUntil } from "./late-effect.ts";
import { mayStartEffect, trustUntil } from "./lease-trust.ts";
import type { MemberView } from "./ports/registry.ts";
import { retryPauseMs } from "./retry.ts";

const bounds = { baseMs: 100, maxMs: 1000 };

test("retryPauseMs: doubles from the base to the most, by chance from half to the whole", () => {
  const most = [1, 2, 3, 4, 5, 1000].map((attempt) => retryPauseMs(attempt, bounds, { fraction: 1 }));
  expect(most).toEqual([100, 200, 400, 800, 1000, 1000]);
  expect(retryPauseMs(3, bounds, { fraction: 0 })).toBe(200);
});

test("retryPauseMs: never less than the other side asked for, never more than both bounds ask", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(),
      (attempt, fraction, atLeastMs) => {
        const pause = retryPauseMs(attempt, bounds, { fraction, atLeastMs });
        expect(pause).toBeGreaterThanOrEqual(Math.max(atLeastMs, bounds.baseMs / 2));
        expect(pause).toBeLessThanOrEqual(Math.max(atLeastMs, bounds.maxMs));
      },
    ),
  );
});

test("a lease is trusted from when the beat was sent, less the margin, and an effect must end within it (I4)", () => {
  const until = trustUntil(1000, { leaseMs: 3000, marginMs: 100 });
  expect(until).toBe(3900);
  expect(mayStartEffect(1900, until, 2000)).toBe(true);
  expect(mayStartEffect(1901, until, 2000)).toBe(false);
});

const failure = { verdict: "retry", executed: "unknown", code: "timeout", detail: "" } as const;

test.for([
  ["unknown", failure, 1100],
  ["certain", { ...failure, executed: "no" }, 1000],
  ["answered", { ...failure, code: "status-2" }, 1000],
  ["broken off", { ...failure, code: "reset" }, 1100],
  ["given up by a gateway", { ...failure, code: "http-504" }, 1250],
  ["refused by a gateway that is too busy", { ...failure, code: "http-503", executed: "no" }, 1000],
] as const)("mayBeExecutedUntil: %s", ([, each, until]) => {
  expect(mayBeExecutedUntil(each, { startedAt: 1000, now: 1001, effectMs: 50, answerMs: 200 })).toBe(until);
});

test("mayBeExecutedUntil: a gateway that gives up as late as we would leaves the server behind it a time-out", () => {
  const call = { startedAt: 1000, now: 1240, effectMs: 50, answerMs: 200 };
  expect(mayBeExecutedUntil({ ...failure, code: "http-502" }, call)).toBe(1290);
});

const view = (state: string, leaseLeftMs: number): MemberView =>
  ({
    member: "w",
    leaseLeftMs,
    role: "worker",
    state,
    cause: "",
    sessions: 0,
    capacity: 0,
    pending: 0,
    channels: null,
  }) as never;
const death = { effectMs: 2000, provedGraceMs: 400 };

test.for([
  ["a running lease is no death, whatever the state says", view("left", 1), null],
  ["who left has nothing under way", view("left", 0), { cause: "left", waitMs: 0 }],
  ["a proved death leaves what was on the wire", view("dead", -100), { cause: "proved", waitMs: 300 }],
  ["and after that nothing", view("dead", -900), { cause: "proved", waitMs: 0 }],
  ["an ended lease leaves effects for a time-out", view("active", -500), { cause: "expired", waitMs: 1500 }],
  ["and after that nothing", view("draining", -5000), { cause: "expired", waitMs: 0 }],
  ["of whom nobody knows, everything may be under way", undefined, { cause: "forgotten", waitMs: 2000 }],
] as const)("judge: %s", ([, each, sentence]) => {
  expect(judge(each, death)).toEqual(sentence);
});

test("mayFetch: stops at the high mark, goes on at the low one, and not in between", () => {
  const marks = { high: 100, low: 80 };
  expect([99, 100].map((backlog) => mayFetch(backlog, true, marks))).toEqual([true, false]);
  expect([81, 80].map((backlog) => mayFetch(backlog, false, marks))).toEqual([false, true]);
});
