import { expect, test } from "vitest";
import { RehomePace } from "./rehome-pace.ts";

/** A server that takes so long for each conversation; answers the counts of the calls until it is steady. */
function countsAt(msEach: number, calls: number): number[] {
  const pace = new RehomePace(500);
  return Array.from({ length: calls }, () => {
    const { count } = pace;
    pace.took(count, count * msEach);
    return count;
  });
}

test("rehome pace: a quick server gets as many as allowed after a few calls, each at most twice the one before", () => {
  expect(countsAt(0.03, 6)).toEqual([50, 100, 200, 400, 500, 500]);
});

test("rehome pace: on a slow server a call comes down to its time", () => {
  expect(countsAt(0.5, 4).at(-1)).toBe(100);
  expect(countsAt(2, 4).at(-1)).toBe(25);
});

test("rehome pace: it never stands still, and never asks for more than is allowed", () => {
  expect(countsAt(1000, 5).at(-1)).toBe(10);
  const small = new RehomePace(3);
  small.took(3, 1);
  expect(small.count).toBe(3);
});

test("rehome pace: an unanswered call makes the next one a quarter", () => {
  const pace = new RehomePace(500);
  pace.took(500, 10);
  pace.failed();
  expect(pace.count).toBe(125);
});
