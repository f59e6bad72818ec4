import { expect, test } from "vitest";
import { story } from "../testing/story.ts";
import { describeVerdict, RunningVerdict, verdict } from "./verdict.ts";

test("a clean history has a clean verdict that says what it rests on", () => {
  const { history } = story().receives("a", "b").opens("s").shows("s", "a", "b").says("s", "hi").sends("hi");
  const judged = verdict(history, { isAtRest: true });
  expect(judged).toMatchObject({ isClean: true, findings: [], pending: { messages: 0, replies: 0 } });
  expect(judged.compared).toEqual({ conversations: 1, messages: 2, asked: 2, posts: 2, replies: 1, sessions: 1 });
});

test("posts are counted beside those asked for: typing asks for none, a dead letter for what was shown all the same", () => {
  const told = story().receives("a", "b", "c").receivesMessage({ type: "activity", activity: "typing-started" });
  told.opens("s").shows("s", "a").buries("m2");
  const counted = () => verdict(told.history, { isAtRest: false }).compared;
  expect(counted()).toMatchObject({ messages: 4, asked: 2, posts: 1 });
  told.shows("s", "b");
  expect(counted()).toMatchObject({ messages: 4, asked: 3, posts: 2 });
});

test("a running verdict follows the history and judges anew at rest", () => {
  const running = new RunningVerdict();
  const told = story().receives("a", "b").opens("s").shows("s", "a");
  expect(running.of(told.history, { isAtRest: false })).toMatchObject({ isClean: true, pending: { messages: 1 } });
  expect(running.of(told.history, { isAtRest: true })).toMatchObject({ isClean: false, counts: { lost: 1 } });
  told.shows("s", "a");
  const later = running.of(told.history, { isAtRest: false });
  expect(later.counts).toMatchObject({ lost: 0, doubled: 1 });
  expect(describeVerdict(later)).toContain("I2 whatsapp:c1");
});
