import { expect, test } from "vitest";
import { story } from "../testing/story.ts";
import { checkStickiness } from "./stickiness.ts";

const post = { kind: "post", chatId: "s" } as const;

test("placed, drained, rebalanced and taken from a member that was evicted: each has its reason", () => {
  const told = story().gives("w1", "1.a").gives("w2", "2.a", "drain").gives("w3", "3.a", "rebalance");
  told
    .evicts("w3", "expired")
    .gives("unplaced", "4.a", "expired")
    .gives("w1", "5.a", "placeable")
    .acts("w1", "5.a", post);
  expect(checkStickiness(told.conversation, told.history)).toEqual([]);
});

test("a move by death of a member that nobody evicted has no reason, nor has an unknown cause", () => {
  const told = story().gives("w1", "1.a").evicts("w2", "expired").gives("w3", "2.a", "expired");
  expect(checkStickiness(told.conversation, told.history)).toMatchObject([{ invariant: "I9" }]);
  const other = story().gives("w1", "1.a").gives("w2", "2.a", "whim");
  expect(checkStickiness(other.conversation, other.history)[0]?.detail).toContain("whim");
});

test("a redrive gives the owner another grant, and nobody else one", () => {
  const told = story().gives("w1", "1.a").gives("w1", "2.a", "redrive").acts("w1", "2.a", post);
  expect(checkStickiness(told.conversation, told.history)).toEqual([]);
  const other = story().gives("w1", "1.a").gives("w2", "2.a", "redrive");
  expect(checkStickiness(other.conversation, other.history)[0]?.detail).toContain("redrive");
});

test("who acts under a grant that the journal gave to nobody, or to another, was not the owner", () => {
  const told = story().gives("w1", "1.a").acts("w2", "1.a", post);
  expect(checkStickiness(told.conversation, told.history)[0]?.detail).toContain("never given");
  told.history.isJournalWhole = false;
  expect(checkStickiness(told.conversation, told.history)).toEqual([]);
});

test("a rebalance that moves a conversation thrice within its time, and nobody came or went, is a ball between players", () => {
  const told = story().gives("w1", "1.a");
  told.gives("w2", "2.a", "rebalance").gives("w1", "3.a", "rebalance");
  expect(checkStickiness(told.conversation, told.history)).toEqual([]);
  expect(checkStickiness(told.gives("w2", "4.a", "rebalance").conversation, told.history)).toHaveLength(1);
  const joined = story()
    .gives("w1", "1.a")
    .suffers("join")
    .gives("w2", "2.a", "rebalance")
    .gives("w1", "3.a", "rebalance");
  expect(checkStickiness(joined.gives("w2", "4.a", "rebalance").conversation, joined.history)).toEqual([]);
  const slow = story().gives("w1", "1.a").gives("w2", "2.a", "rebalance").gives("w1", "3.a", "rebalance").waits(40_000);
  expect(checkStickiness(slow.gives("w2", "4.a", "rebalance").conversation, slow.history)).toEqual([]);
});
