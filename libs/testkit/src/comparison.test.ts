import fc from "fast-check";
import { expect, test } from "vitest";
import { compare, type Comparison, type Expected } from "./comparison.ts";

function ask(expected: string, actual: string, optional = ""): Comparison {
  const wanted: Expected[] = expected.split("").map((letter) => ({
    tokens: [letter.toLowerCase()],
    isOptional: optional.includes(letter),
  }));
  return compare(
    wanted,
    actual.split("").map((letter) => [letter]),
  );
}

test("what happened as expected has nothing to say, and what is still to come is missing", () => {
  expect(ask("abc", "abc")).toMatchObject({ missing: [], moved: [], doubled: [], foreign: [] });
  expect(ask("abcd", "ab")).toMatchObject({ missing: [2, 3], moved: [], doubled: [], foreign: [] });
});

test("lost, doubled, out of order and foreign are told apart", () => {
  expect(ask("abc", "ac")).toMatchObject({ missing: [1], moved: [], doubled: [], foreign: [] });
  expect(ask("abc", "abbc")).toMatchObject({ missing: [], moved: [], doubled: [2], foreign: [] });
  expect(ask("abcd", "acbd")).toMatchObject({ missing: [], doubled: [], foreign: [] });
  expect(ask("abcd", "acbd").moved).toHaveLength(1);
  expect(ask("abc", "abxc")).toMatchObject({ missing: [], moved: [], doubled: [], foreign: [2] });
});

test("repeated texts count by number", () => {
  expect(ask("aaa", "aaa")).toMatchObject({ missing: [], moved: [], doubled: [], foreign: [] });
  expect(ask("aaa", "aa")).toMatchObject({ missing: [2], doubled: [] });
  expect(ask("aaa", "aaaa")).toMatchObject({ missing: [], doubled: [3] });
  expect(ask("abab", "abb")).toMatchObject({ missing: [2], moved: [], doubled: [] });
});

test("an optional one may be there or not, but only once", () => {
  expect(ask("aBc", "ac", "B")).toMatchObject({ missing: [], moved: [], doubled: [], foreign: [] });
  expect(ask("aBc", "abc", "B").matched).toHaveLength(3);
  expect(ask("aBc", "abbc", "B")).toMatchObject({ missing: [], doubled: [2], foreign: [] });
  // Two equal texts of which the optional one is absent: the other must not take its place.
  expect(ask("Aa", "a", "A")).toMatchObject({ matched: [[1, 0]], missing: [] });
});

test("every index is in exactly one place, whatever happened", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c", "d"), maxLength: 12 });
  fc.assert(
    fc.property(word, word, (expected, actual) => {
      const { matched, missing, moved, doubled, foreign } = ask(expected, actual);
      const wanted = [...matched, ...moved].map(([index]) => index).concat(missing);
      const seen = [...matched, ...moved].map(([, index]) => index).concat(doubled, foreign);
      expect(wanted.toSorted((one, other) => one - other)).toEqual(expected.split("").map((_, index) => index));
      expect(seen.toSorted((one, other) => one - other)).toEqual(actual.split("").map((_, index) => index));
    }),
  );
});
