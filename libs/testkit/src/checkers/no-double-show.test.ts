import { expect, test } from "vitest";
import { story } from "../testing/story.ts";
import { checkNoDoubleShow } from "./no-double-show.ts";

test("a customer may write the same twice", () => {
  const { conversation } = story().receives("ok", "ok").opens("s").shows("s", "ok", "ok");
  expect(checkNoDoubleShow(conversation)).toEqual([]);
});

test("a post that is shown once more is doubled, in another session too", () => {
  const told = story().receives("ok", "go").opens("s").shows("s", "ok", "go").ends("s").opens("t").shows("t", "go");
  const [finding, ...others] = checkNoDoubleShow(told.conversation);
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ invariant: "I2", kind: "doubled" });
  expect(finding?.detail).toContain("chat t");
});

test("a post that nobody sent is one too many", () => {
  const { conversation } = story().receives("a").opens("s").shows("s", "a", "b");
  expect(checkNoDoubleShow(conversation)[0]?.detail).toContain("never received");
});

test("a file without a name is shown under any name, but once", () => {
  const told = story()
    .receivesMessage({ type: "media", media: [{ id: "f1" }] })
    .opens("s")
    .showsFile("s", "x.bin");
  expect(checkNoDoubleShow(told.conversation)).toEqual([]);
  expect(checkNoDoubleShow(told.showsFile("s", "y.bin").conversation)).toHaveLength(1);
});
