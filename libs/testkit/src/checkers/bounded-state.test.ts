import { conversationId } from "@dms/protocol";
import { expect, test } from "vitest";
import type { StateFact } from "../history.ts";
import { story } from "../testing/story.ts";
import { checkBoundedState } from "./bounded-state.ts";

const one = conversationId("whatsapp", "c1");
const clean: StateFact = {
  at: 100,
  members: ["w1"],
  remembered: ["w1", "w0"],
  records: [{ partition: 0, conversation: one, owner: "w1" }],
  owned: [{ partition: 0, member: "w1", conversations: [one] }],
  inboxes: [{ partition: 0, member: "w1", entries: 0 }],
  views: [
    { partition: 0, member: "w1", state: "active", isPlaceable: true },
    { partition: 0, member: "w0", state: "evicted 50", isPlaceable: false },
  ],
  strangers: [],
};

function judge(changes: Partial<StateFact>): string[] {
  const { history } = story().receives("a").opens("s").shows("s", "a");
  history.state = { ...clean, ...changes };
  return checkBoundedState(history, 1000).map(({ detail }) => detail);
}

test("what belongs to members, and what is remembered of those that were, is no leftover", () => {
  expect(judge({})).toEqual([]);
  expect(checkBoundedState(story().history, 1000)).toEqual([]);
});

test("entries at rest are left behind, those of a non-member most of all", () => {
  expect(judge({ inboxes: [{ partition: 0, member: "w1", entries: 2 }] })).toEqual([
    "2 entries in partition 0 wait for w1 at rest",
  ]);
  expect(judge({ inboxes: [{ partition: 0, member: "w0", entries: 1 }] })[0]).toContain("no member");
  expect(judge({ inboxes: [{ partition: 0, member: "old", entries: 0 }] })).toEqual(["an inbox of old, long gone"]);
});

test("an owner that is gone, a record in no set, and a set without its record are left behind", () => {
  expect(judge({ owned: [{ partition: 0, member: "w0", conversations: [one] }] })).toHaveLength(3);
  expect(judge({ owned: [] })).toEqual([`${one} is w1's and not in its set`]);
  expect(judge({ records: [] })).toEqual([`${one} is in the set of w1 and not its own`]);
  for (const members of [
    ["w1", "w2"],
    ["w2", "w1"],
  ]) {
    const owned = members.map((member) => ({ partition: 0, member, conversations: [one] }));
    expect(judge({ members: ["w0", "w1", "w2"], remembered: ["w0", "w1", "w2"], owned })).toEqual([
      `${one} is in the set of w2 and not its own`,
    ]);
  }
});

test("a view of a member that is forgotten, one that is placeable and dead, and a strange key are left behind", () => {
  const view = { partition: 0, member: "old", state: "active", isPlaceable: false };
  expect(judge({ views: [view] })).toEqual(["a view of old, long gone"]);
  expect(judge({ views: [{ ...view, member: "w0", isPlaceable: true }] })).toEqual(["w0 is placeable and no member"]);
  expect(judge({ strangers: ["dms:{dms}:junk"] })).toHaveLength(1);
});

test("a record whose last session ended long ago is left behind, one whose session is open is not", () => {
  const told = story().receives("a").opens("s").shows("s", "a").ends("s");
  told.history.state = { ...clean, at: 500 };
  expect(checkBoundedState(told.history, 1000)).toEqual([]);
  told.history.state = { ...clean, at: 5000 };
  expect(checkBoundedState(told.history, 1000)[0]?.detail).toContain("outlives");
  told.opens("t");
  expect(checkBoundedState(told.history, 1000)).toEqual([]);
});
