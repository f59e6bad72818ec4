import { expect, test } from "vitest";
import type { FiguresFact } from "../history.ts";
import { story } from "../testing/story.ts";
import { checkFigures } from "./figures.ts";

const honest: FiguresFact = {
  at: 100,
  pulled: { accepted: 3, malformed: 1 },
  done: { shown: 2, dead: 1 },
  backlog: 0,
  deadLetters: 2,
  counts: { accepted: 3, settled: 2, malformed: 1, buried: 1 },
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
  ["messages shown", { done: { shown: 3, dead: 1 } }],
  ["messages buried", { done: { shown: 2 } }],
  ["entries in the backlog", { backlog: 1 }],
  ["dead letters", { deadLetters: 1 }],
  ["messages accepted, counted in Redis", { counts: { accepted: 4, settled: 2, malformed: 1, buried: 1 } }],
  ["malformed messages, counted in Redis", { counts: { accepted: 3, settled: 2, malformed: 0, buried: 1 } }],
  ["messages settled, counted in Redis", { counts: { accepted: 3, settled: 3, malformed: 1, buried: 1 } }],
  ["messages buried, counted in Redis", { counts: { accepted: 3, settled: 2, malformed: 1, buried: 0 } }],
])("%s that differ are found", (what, changes) => {
  const findings = checkFigures(told({ ...honest, ...changes }).history);
  expect(findings).toMatchObject([{ invariant: "I16", kind: "figures differ" }]);
  expect(findings[0]?.detail).toContain(what);
});

test("once a process was hurt or is gone, its counters are too; what the scripts counted is compared all the same", () => {
  expect(checkFigures(told({ ...honest, backlog: 1, isComplete: false }).history)).toEqual([]);
  expect(checkFigures(told({ ...honest, backlog: 1 }).suffers("death").history)).toEqual([]);
  const bent = { ...honest, counts: { accepted: 3, settled: 1, malformed: 1, buried: 1 } };
  expect(checkFigures(told(bent).suffers("death").history)).toHaveLength(1);
  expect(checkFigures(told({ ...bent, counts: null }).suffers("death").history)).toEqual([]);
});
