import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { suppressed } from "./bounds.ts";
import { parseFilterSpec } from "./filter-spec.ts";
import { openBudget, TextFilter } from "./text-filter.ts";

const samplesFile = new URL("../../../../docs/samples/logging-filter-default.json", import.meta.url);

function filterOf(...filters: unknown[]): (text: string) => string | null {
  const result = parseFilterSpec(JSON.stringify({ filters }));
  if ("faults" in result) throw new Error(JSON.stringify(result.faults));
  const filter = new TextFilter(result.filters);
  return (text) => filter.apply(text, openBudget(Number.POSITIVE_INFINITY));
}

const edit = (...steps: unknown[]) => ({ name: "test", kind: "edit", steps });

test("text filter: skip leaves nothing, hide leaves the placeholder, and both only where they match", () => {
  const skip = filterOf({ name: "s", kind: "skip", search: "pin" });
  expect([skip("my pin is 1"), skip("hello")]).toEqual([null, "hello"]);
  const hide = filterOf({ name: "h", kind: "hide", search: "pin" });
  expect([hide("my pin is 1"), hide("hello")]).toEqual([suppressed, "hello"]);
});

test("text filter: steps work in series, each on what the one before has left, filters likewise", () => {
  const filter = filterOf(edit({ search: "one", replace: "two" }, { search: "two", replace: "three" }), {
    name: "last",
    kind: "hide",
    search: "three three",
  });
  expect(filter("one, two")).toBe("three, three");
  expect(filter("one two")).toBe(suppressed);
});

test("text filter: replacements know groups by number and name, and literal dollars and backslashes", () => {
  expect(filterOf(edit({ search: "(\\d+)-(?P<end>\\d+)", replace: "${end}/$1 \\$1 \\\\" }))("a 12-34 b")).toBe(
    "a 34/12 $1 \\ b",
  );
  expect(filterOf(edit({ search: "a(b)?", replace: "[$1]" }))("ab a")).toBe("[b] []");
  expect(filterOf(edit({ search: "x*", replace: "-" }))("axb")).toBe("-a--b-");
});

test("text filter: a pattern that stops a backtracking engine for hours takes its bounded time here", () => {
  const filter = filterOf(edit({ search: "(a+)+$", replace: "" }), edit({ search: "(x+x+)+y", replace: "" }));
  const startedAt = process.cpuUsage().user;
  filter(`${"a".repeat(4000)}!`);
  filter("x".repeat(4000));
  expect((process.cpuUsage().user - startedAt) / 1000).toBeLessThan(2000);
});

test("text filter: a text with more matches than the bound is suppressed, not shown in part", () => {
  const filter = filterOf(edit({ search: "\\d", replace: "#" }));
  expect(filter("1".repeat(200))).toBe("#".repeat(200));
  expect(filter("1".repeat(201))).toBe(suppressed);
});

test("text filter: nothing is shown unfiltered when the line's time is over, and the clock alone does not end it", () => {
  const read = parseFilterSpec('{"filters":[{"name":"n","kind":"edit","steps":[{"search":"a","replace":"b"}]}]}');
  if ("faults" in read) throw new Error(JSON.stringify(read.faults));
  const filter = new TextFilter(read.filters);
  const late = { lineMsMax: 100, endsAt: performance.now() - 1, threadEndsAt: null };
  expect(filter.apply("a", late)).toBe("b");
  expect(filter.apply("a", { ...late, threadEndsAt: 0 })).toBe(suppressed);
});

/** Well-known test numbers of card brands; none belongs to anybody. */
test.each([
  ["card 4111 1111 1111 1111 please", "card ************1111 please"],
  ["card 4111-1111-1111-1111.", "card ************1111."],
  ["378282246310005", "************0005"],
  ["两张卡4012888888881881和5555555555554444", "两张卡************1881和************4444"],
  ["2 x 4111 1111 1111 1111 12/27", "2 x ************1111 12/27"],
  ["order 4111 1111 1111 1112 has a wrong sum", "order 4111 1111 1111 1112 has a wrong sum"],
  ["ssn 078-05-1120", "ssn ***-**-1120"],
  ["ssn 078 05 1120", "ssn ***-**-1120"],
  ["not one: 000-12-3456", "not one: 000-12-3456"],
  ["call +1 (212) 555-0123 now", "call ******** now"],
  ["whatsapp:491701234567", "whatsapp:********"],
  ["212-555-0123", "********"],
  [
    "room 12, 3 people, 2026-11-25T10:00:00.000Z, code 12345",
    "room 12, 3 people, 2026-11-25T10:00:00.000Z, code 12345",
  ],
])("samples: %j is written as %j", (text, shown) => {
  const result = parseFilterSpec(readFileSync(samplesFile, "utf8"));
  if ("faults" in result) throw new Error(JSON.stringify(result.faults));
  expect(new TextFilter(result.filters).apply(text, openBudget(Number.POSITIVE_INFINITY))).toBe(shown);
});
