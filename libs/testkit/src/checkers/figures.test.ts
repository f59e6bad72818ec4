import { expect, test } from "vitest";
import type { FiguresFact } from "../history.ts";
import { story } from "../testing/story.ts";
import { checkFigures } from "./figures.ts";

const honest: FiguresFact = {
  at: 100,
  pulled: { accepted: 3, malformed: 1 },
  done: { shown: 2, "dead-rejected": 1 },
  backlog: 0,
  deadLetters: 2,
  isComplete: true,
};

function told(figures: FiguresFact) {
  const so = story().receives("a", "b", "c").receivesMessage({ type: "no-such-type" });
  so.opens("s").shows("s", "a", "c").buries("m2");
  so.conversation.dead.push({ reason: "malformed", messageId: "m4", seq: 0, payload: "" });
  so.history.deadLetters = 2;
  so.history.figures = figures;
  return so;
}

test("figures that agree with the ledgers are honest", () => {
  expect(checkFigures(told(honest).history)).toEqual([]);
});

test.each<[string, Partial<FiguresFact>]>([
  ["messages pulled", { pulled: { accepted: 4, malformed: 1 } }],
  ["malformed messages", { pulled: { accepted: 3, malformed: 0 } }],
  ["messages shown", { done: { shown: 3, "dead-rejected": 1 } }],
  ["messages buried", { done: { shown: 2 } }],
  ["entries in the backlog", { backlog: 1 }],
  ["dead letters", { deadLetters: 1 }],
])("%s that differ are found", (what, changes) => {
  const findings = checkFigures(told({ ...honest, ...changes }).history);
  expect(findings).toMatchObject([{ invariant: "I16", kind: "figures differ" }]);
  expect(findings[0]?.detail).toContain(what);
});

test("once a process was hurt or is gone, its counters are too, and nothing is compared", () => {
  expect(checkFigures(told({ ...honest, backlog: 1, isComplete: false }).history)).toEqual([]);
  expect(checkFigures(told({ ...honest, backlog: 1 }).suffers("death").history)).toEqual([]);
});
