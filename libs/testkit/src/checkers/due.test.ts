import { expect, test } from "vitest";
import type { DeedFact } from "../history.ts";
import { dueAfter } from "./due.ts";

const deed = (kind: DeedFact["kind"], at: number, endedAt: number | null = at): DeedFact => ({
  kind,
  target: "worker",
  name: "w",
  member: "",
  at,
  endedAt,
});
const wait = { from: 100, boundMs: 50, backOffMsMax: 1000 };

test("alone, a wait is due after its bound; what is over before, or begins after, changes nothing", () => {
  expect(dueAfter([], wait)).toBe(150);
  expect(dueAfter([deed("death", 20), deed("death", 151), deed("join", 110)], wait)).toBe(150);
});

test("what happens meanwhile begins it anew, one after the other", () => {
  expect(dueAfter([deed("death", 120)], wait)).toBe(170);
  expect(dueAfter([deed("death", 120), deed("freeze", 165, 300)], wait)).toBe(350);
});

test("after an outage the back-off comes on top, and what lasts is never due", () => {
  expect(dueAfter([deed("outage", 90, 110)], wait)).toBe(1160);
  expect(dueAfter([deed("freeze", 120, null)], wait)).toBe(Number.POSITIVE_INFINITY);
});
