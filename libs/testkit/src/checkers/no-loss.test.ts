import { expect, test } from "vitest";
import { story } from "../testing/story.ts";
import { checkNoLoss, pendingMessages } from "./no-loss.ts";

const atRest = { isAtRest: true, now: 0, orphanMsMax: 1000 };
const running = { ...atRest, isAtRest: false };

test("a message that is shown or dead is not lost", () => {
  const { conversation } = story().receives("a", "b", "a").opens("s").shows("s", "a", "a").buries("m2");
  expect(checkNoLoss(conversation, atRest)).toEqual([]);
});

test("a message that is nowhere is pending while things run, and lost at rest", () => {
  const { conversation } = story().receives("a", "b", "c").opens("s").shows("s", "a", "c");
  expect(checkNoLoss(conversation, running)).toEqual([]);
  expect(pendingMessages(conversation)).toEqual(["m2"]);
  expect(checkNoLoss(conversation, atRest)).toMatchObject([{ invariant: "I1", kind: "lost" }]);
  expect(checkNoLoss(conversation, atRest)[0]?.detail).toContain("m2");
});

test("a message of which one part is missing is lost", () => {
  const media = [{ id: "f1", name: "a.png", caption: "look" }];
  const { conversation } = story().receivesMessage({ type: "media", media }).opens("s").showsFile("s", "a.png");
  expect(pendingMessages(conversation)).toEqual(["m1"]);
  expect(checkNoLoss(conversation, atRest)).toHaveLength(1);
});

test("a line in the place of a file that is gone counts as the file", () => {
  const media = [{ id: "f1", name: "a.png", bytes: 5 }];
  const told = story().receivesMessage({ type: "media", media }).opens("s");
  told.shows("s", "[file a.png, 5 bytes: not available]");
  expect(checkNoLoss(told.conversation, atRest)).toEqual([]);
});

test("typing and the customer's leaving show nothing and are never lost", () => {
  const told = story().receivesMessage({ type: "activity", activity: "typing-started" });
  told.receivesMessage({ type: "activity", activity: "ended" });
  expect(checkNoLoss(told.conversation, atRest)).toEqual([]);
});

test("a message that breaks the contract must be in the dead letters", () => {
  const told = story().receivesMessage({ type: "no-such-type" });
  expect(checkNoLoss(told.conversation, atRest)).toHaveLength(1);
  expect(checkNoLoss(told.buries("m1").conversation, atRest)).toEqual([]);
});

test("a message that is shown and dead is in one place too many", () => {
  const { conversation } = story().receives("a").opens("s").shows("s", "a").buries("m1");
  expect(checkNoLoss(conversation, running)[0]?.detail).toContain("shown and in the dead letters");
});
