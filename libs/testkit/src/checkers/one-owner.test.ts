import { expect, test } from "vitest";
import { story } from "../testing/story.ts";
import { checkOneOwner } from "./one-owner.ts";

const post = { kind: "post", chatId: "s" } as const;
const told = () => story().receives("a", "b", "c").opens("s").shows("s", "a");

test("owners that follow one another are one at a time", () => {
  const { conversation } = told().acts("w1", "7.a", post).acts("w1", "7.a", post).acts("w2", "9.b", post);
  expect(checkOneOwner(conversation)).toEqual([]);
});

test("an effect of a former owner after the next one's is an overlap", () => {
  const { conversation } = told().acts("w1", "7.a", post).acts("w2", "9.b", post).acts("w1", "7.a", post);
  expect(checkOneOwner(conversation)).toMatchObject([{ invariant: "I4", kind: "owner overlapped" }]);
  expect(checkOneOwner(conversation)[0]?.detail).toContain("by w1 under 7.a");
});

test("a grant of the same epoch that comes back is an overlap as well", () => {
  const { conversation } = told().acts("w1", "7.a", post).acts("w2", "7.b", post).acts("w1", "7.a", post);
  expect(checkOneOwner(conversation)).toHaveLength(1);
});

test("a session that nobody posts into is nobody's effect", () => {
  const late = { kind: "create", chatId: "t" } as const;
  const { conversation } = told().acts("w2", "9.b", post).acts("w1", "7.a", late);
  expect(checkOneOwner(conversation)).toEqual([]);
  expect(
    checkOneOwner(told().shows("t", "b").acts("w2", "9.b", post).acts("w1", "7.a", late).conversation),
  ).toHaveLength(1);
});
