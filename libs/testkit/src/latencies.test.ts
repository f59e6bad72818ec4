import { expect, test } from "vitest";
import { percentile, showLatencies } from "./latencies.ts";
import { story } from "./testing/story.ts";

test("a message's latency ends with its last post, and only recent ones count", () => {
  const media = [{ id: "f", name: "a.png", caption: "look" }];
  // Every step takes 1 ms: messages at 1 and 2, posts at 4, 5 and 6.
  const told = story().receives("a").receivesMessage({ type: "media", media }).opens("s").shows("s", "a");
  told.showsFile("s", "a.png").shows("s", "look");
  expect(showLatencies(told.history, 0)).toEqual([3, 4]);
  expect(showLatencies(told.history, 5)).toEqual([4]);
});

test("percentiles are values that occurred", () => {
  expect(percentile([], 0.5)).toBeNull();
  expect(percentile([1, 2, 3, 100], 0.5)).toBe(3);
  expect(percentile([1, 2, 3, 100], 0.99)).toBe(100);
});
