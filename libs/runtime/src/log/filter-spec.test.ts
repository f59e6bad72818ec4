import fc from "fast-check";
import { expect, test } from "vitest";
import { filterBounds } from "./bounds.ts";
import { parseFilterSpec } from "./filter-spec.ts";

const one = (search: string, replace = "") => ({
  filters: [{ name: "n", kind: "edit", steps: [{ search, replace }] }],
});

function faultsOf(spec: unknown): string[] {
  const result = parseFilterSpec(typeof spec === "string" ? spec : JSON.stringify(spec));
  return "faults" in result ? result.faults.map(({ path, found, allowed }) => `${path}: ${found} (${allowed})`) : [];
}

test.each([
  ["lookaround", one("(?=a)b"), /^filters\.0\.steps\.0\.search: .*invalid or unsupported Perl syntax.*RE2/s],
  ["back references", one("(a)\\1"), /invalid escape sequence/],
  ["possessive repeats", one("a*+"), /invalid nested repetition/],
  ["a search that does not end", one("(a"), /missing closing \)/],
  ["a search that is too long", one("a".repeat(filterBounds.patternLengthMax + 1)), /513 characters/],
  ["a large repeat", one("a{1,101}"), /a repeat of 101/],
  ["repeats that multiply", one("((a{1,10}){1,10}){1,10}"), /a pattern of \d+ instructions/],
  ["a group that is not there", one("(a)", "$2"), /\$2, a group that the search does not have/],
  ["a name that is not there", one("(a)", "${b}"), /\$\{b\}, a group/],
  ["a lone dollar", one("a", "$"), /a single \$/],
  ["an unknown kind", { filters: [{ name: "n", kind: "mask", search: "a" }] }, /^filters\.0/],
  ["an unknown option", { filters: [{ name: "n", kind: "hide", search: "a", flags: "i" }] }, /flags/],
  ["no JSON", "{", /no JSON/],
  ["a file that is too large", `{"filters":[]}${" ".repeat(filterBounds.fileBytesMax)}`, /bytes/],
  [
    "too many filters",
    { filters: Array.from({ length: 33 }, () => ({ name: "n", kind: "hide", search: "a" })) },
    /filters/,
  ],
  [
    "patterns that are too large together",
    { filters: Array.from({ length: 30 }, () => ({ name: "n", kind: "hide", search: "a{80}b{80}" })) },
    /instructions \(at most/,
  ],
])("filter spec: %s is a fault with its place", (_what, spec, expected) => {
  expect(faultsOf(spec).join("\n")).toMatch(expected);
});

test("filter spec: every fault is told at once", () => {
  const filters = [...one("(?=a)").filters, ...one("(b").filters];
  expect(faultsOf({ filters })).toHaveLength(2);
});

test("filter spec: never throws, whatever the file holds", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.string().map((search) => JSON.stringify(one(search, search))),
      ),
      (text) => {
        expect(() => parseFilterSpec(text)).not.toThrow();
      },
    ),
    { numRuns: 300 },
  );
});
