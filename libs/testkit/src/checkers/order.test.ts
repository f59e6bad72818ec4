import { expect, test } from "vitest";
import { story } from "../testing/story.ts";
import { checkOrder } from "./order.ts";

test("posts in the hub's order are in order over several sessions, and a dead message leaves no gap", () => {
  const told = story().receives("a", "b", "c", "d").opens("s").shows("s", "a").buries("m2").shows("s", "c").ends("s");
  expect(checkOrder(told.opens("t").shows("t", "d").conversation)).toEqual([]);
});

test("a post that overtakes another is out of order", () => {
  const { conversation } = story().receives("a", "b", "c").opens("s").shows("s", "b", "a", "c");
  const findings = checkOrder(conversation);
  expect(findings).toMatchObject([{ invariant: "I3", kind: "out of order" }]);
});

test("a lost one and a doubled one are not out of order", () => {
  const { conversation } = story().receives("a", "b", "c").opens("s").shows("s", "a", "c", "c");
  expect(checkOrder(conversation)).toEqual([]);
});
