import { expect, test } from "vitest";
import { story } from "../testing/story.ts";
import { checkReplies, pendingReplies } from "./replies.ts";

const atRest = { isAtRest: true, now: 0, orphanMsMax: 1000 };
const running = { ...atRest, isAtRest: false };
const opened = () => story().receives("a").opens("s").shows("s", "a");

test("replies at the hub once and in order are fine, equal ones too", () => {
  const { conversation } = opened().says("s", "yes", "yes", "bye").sends("yes", "yes", "bye");
  expect(checkReplies(conversation, atRest)).toEqual([]);
});

test("a reply that is not at the hub is pending, and lost at rest", () => {
  const { conversation } = opened().says("s", "one", "two").sends("one");
  expect(checkReplies(conversation, running)).toEqual([]);
  expect(pendingReplies(conversation)).toHaveLength(1);
  expect(checkReplies(conversation, atRest)).toMatchObject([{ invariant: "I8", kind: "reply lost" }]);
});

test("a reply once more, one that nobody said, and one out of order are told apart", () => {
  const twice = opened().says("s", "one", "two").sends("one", "one", "two");
  expect(checkReplies(twice.conversation, atRest)).toMatchObject([{ kind: "reply doubled" }]);
  const invented = opened().says("s", "one").sends("one", "other");
  expect(checkReplies(invented.conversation, atRest)[0]?.detail).toContain("no agent said it");
  const swapped = opened().says("s", "one", "two").sends("two", "one");
  expect(checkReplies(swapped.conversation, atRest)).toMatchObject([{ kind: "reply out of order" }]);
});

test("a reply that the hub refused is in the dead letters, not lost", () => {
  const { conversation } = opened().says("s", "one", "two").refusesReply(1).sends("two");
  expect(checkReplies(conversation, atRest)).toEqual([]);
});

test("nobody waits for what is said in a session that was never posted into", () => {
  expect(checkReplies(opened().opens("t").says("t", "hello?").conversation, atRest)).toEqual([]);
});
