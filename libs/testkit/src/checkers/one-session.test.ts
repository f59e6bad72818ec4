import { expect, test } from "vitest";
import { story } from "../testing/story.ts";
import { checkOneSession } from "./one-session.ts";

const occasion = { isAtRest: true, now: 100, orphanMsMax: 1000 };

test("sessions one after another are one at a time", () => {
  const told = story().receives("a", "b").opens("s").shows("s", "a").ends("s").opens("t").shows("t", "b");
  expect(checkOneSession(told.conversation, occasion)).toEqual([]);
});

test("a post into a second session while the first is open is a second session", () => {
  const told = story().receives("a", "b", "c").opens("s").shows("s", "a").opens("t").shows("t", "b");
  expect(checkOneSession(told.conversation, occasion)).toMatchObject([{ invariant: "I7", kind: "session doubled" }]);
  expect(checkOneSession(told.ends("s").conversation, occasion)).toHaveLength(1);
});

test("an abandoned creation is nobody's session, but must end in time", () => {
  const told = story().receives("a").opens("s").opens("t").shows("t", "a");
  expect(checkOneSession(told.conversation, occasion)).toEqual([]);
  const later = { ...occasion, now: 2000 };
  expect(checkOneSession(told.conversation, later)).toMatchObject([{ kind: "session orphaned" }]);
  expect(checkOneSession(told.ends("s").conversation, later)).toEqual([]);
});
