import { expect, test } from "vitest";
import { story } from "../testing/story.ts";
import { boundsDefault } from "./due.ts";
import type { Finding } from "./finding.ts";
import { checkDispatcherLosses, checkFetching, checkLostTails } from "./losses.ts";

const finding = (invariant: Finding["invariant"]): Finding => ({
  invariant,
  kind: "lost",
  conversation: "",
  detail: "",
});
const bounds = { ...boundsDefault, recoveryMsMax: 1000 };

test("a lost tail harms when one of I1 to I8 does not hold, and only then", () => {
  const { history } = story().suffers("lost-tail", { target: "redis" });
  expect(checkLostTails(history, [finding("I10")])).toEqual([]);
  expect(checkLostTails(history, [finding("I8")])).toMatchObject([{ invariant: "I12", kind: "lost tail harmed" }]);
  expect(checkLostTails(story().history, [finding("I8")])).toEqual([]);
});

test("a dispatcher's death harms when one of I1 to I3 does not hold, and only then", () => {
  const { history } = story().suffers("death", { target: "dispatcher" });
  expect(checkDispatcherLosses(history, [finding("I8")])).toEqual([]);
  expect(checkDispatcherLosses(history, [finding("I1")])).toMatchObject([{ invariant: "I14" }]);
});

test("what comes while a dispatcher is replaced must be in the chat in time", () => {
  const told = (ms: number) =>
    story().suffers("death", { target: "dispatcher" }).receives("a").opens("s").waits(ms).shows("s", "a");
  const judge = ({ conversation, history }: ReturnType<typeof story>) =>
    checkFetching(conversation, { history, bounds });
  expect(judge(told(900))).toEqual([]);
  expect(judge(told(1100))).toMatchObject([{ invariant: "I14", kind: "dispatcher loss harmed" }]);
});
