import { expect, test } from "vitest";
import { story } from "../testing/story.ts";
import { checkEpochs } from "./epochs.ts";

const post = { kind: "post", chatId: "s" } as const;

test("each grant with its own epoch and owner is unique", () => {
  const told = story().gives("w1", "7.a").acts("w1", "7.a", post).gives("w2", "8.b").acts("w2", "8.b", post);
  expect(checkEpochs(told.conversation)).toEqual([]);
});

test("a grant that names two owners is reused", () => {
  const told = story().gives("w1", "7.a").acts("w2", "7.a", post);
  expect(checkEpochs(told.conversation)).toMatchObject([{ invariant: "I5", kind: "epoch reused" }]);
});

test("two grants of one epoch that both act are a reuse; one that never acted is none", () => {
  const told = story().gives("w1", "7.a").gives("w2", "7.b").acts("w2", "7.b", post);
  expect(checkEpochs(told.conversation)).toEqual([]);
  expect(checkEpochs(told.acts("w1", "7.a", post).conversation)).toHaveLength(1);
});
