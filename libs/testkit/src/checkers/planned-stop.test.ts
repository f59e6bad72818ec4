import { expect, test } from "vitest";
import { story } from "../testing/story.ts";
import { boundsDefault } from "./due.ts";
import { checkPlannedStop, checkStops } from "./planned-stop.ts";

const bounds = { ...boundsDefault, stopGapMsMax: 100 };
const judge = ({ conversation, history }: ReturnType<typeof story>) =>
  checkPlannedStop(conversation, { history, bounds });
const stopping = () => {
  const told = story().gives("w1", "1.a").opens("s");
  return told.suffers("stop", { member: "w1", endedAt: told.now + 500, exitCode: 0 });
};

test("a worker that gives its conversations away while it stops disturbs nobody", () => {
  expect(judge(stopping().receives("a").gives("w2", "2.a", "drain").waits(50).shows("s", "a"))).toEqual([]);
});

test("a conversation that is taken from it like from the dead is a stop that failed", () => {
  const told = stopping().evicts("w1", "expired").gives("w2", "2.a", "expired");
  expect(judge(told)).toMatchObject([{ invariant: "I11", kind: "stop disturbed" }]);
});

test("a message that waits too long because of the move is disturbed; of a conversation that stays it is another matter", () => {
  expect(judge(stopping().receives("a").gives("w2", "2.a", "drain").waits(200).shows("s", "a"))).toHaveLength(1);
  expect(judge(stopping().receives("a").waits(200).shows("s", "a"))).toEqual([]);
});

test("a stop must end with exit code 0", () => {
  expect(checkStops(stopping().history)).toEqual([]);
  expect(checkStops(stopping().suffers("stop", { member: "w2", exitCode: 1 }).history)).toHaveLength(1);
});
