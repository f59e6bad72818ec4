import { expect, test } from "vitest";
import { story } from "../testing/story.ts";
import { checkProcessed } from "./processed.ts";

test("a message that is shown, then gone from its inbox, was processed in order", () => {
  const told = story().receives("a", "b").opens("s").shows("s", "a").processes("m1").buries("m2").processes("m2");
  expect(checkProcessed(told.conversation)).toEqual([]);
});

test("a message that is gone before it is shown was processed unseen, though it is shown later", () => {
  const told = story().receives("a").opens("s").processes("m1");
  expect(checkProcessed(told.conversation)).toMatchObject([{ invariant: "I6", kind: "processed unseen" }]);
  expect(checkProcessed(told.shows("s", "a").conversation)).toHaveLength(1);
});

test("a message of two posts of which one is shown was processed unseen", () => {
  const media = [{ id: "f1", name: "a.png", caption: "look" }];
  const told = story().receivesMessage({ type: "media", media }).opens("s").showsFile("s", "a.png").processes("m1");
  expect(checkProcessed(told.conversation)).toHaveLength(1);
});

test("typing shows nothing and may go at any time", () => {
  const told = story().receivesMessage({ type: "activity", activity: "typing-started" }).processes("m1");
  expect(checkProcessed(told.conversation)).toEqual([]);
});
