import { expect, test } from "vitest";
import { treatmentOf } from "./treatment.ts";

test.each([
  ["copy", "Smith", "Smith"],
  ["hide", "Smith", "********"],
  ["hide", "", "********"],
  ["hide-first,2", "Smith", "**ith"],
  ["hide-first,9", "Smith", "*****"],
  ["hide-last, 2", "Smith", "Smi**"],
  ["hide-last,9", "Smith", "*****"],
  ["unhide-first,2", "Smith", "Sm***"],
  ["unhide-first,9", "Smith", "Smith"],
  ["unhide-last,2", "Smith", "***th"],
  ["unhide-last,9", "Smith", "Smith"],
  ["hide-last,1", "a👍", "a*"],
  ["tag", "Smith", "<#Smith#>"],
  ["tag()", "Smith", "Smith"],
  ["tag(<,>)", "Smith", "<Smith>"],
  ["tag(!)", "Smith", "!Smith"],
  ["a rule that no configuration lets pass", "Smith", "********"],
])("treatment: %s of %j is %j", (rule, value, shown) => {
  expect(treatmentOf(rule).show(value)).toBe(shown);
});

test("treatment: skip leaves the pair out", () => {
  expect(treatmentOf("skip").kind).toBe("skip");
});
