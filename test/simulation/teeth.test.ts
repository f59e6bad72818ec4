import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planOf } from "./plan-maker.ts";
import { run } from "./run.ts";
import { type OpenStage, openStage } from "./stage.ts";
import { caught } from "./teeth/caught.ts";
import { scriptOf, scripts } from "./teeth/scripts.ts";
import { bite, rowOf, scriptFor, takenOut } from "./teeth/showing.ts";
import { teeth, toothOf } from "./teeth/table.ts";
import { luaMutations } from "./teeth/taking-out.ts";

// Each safety mechanism taken out must be seen by the checkers: in the seed or in the script that is recorded for it.

const root = new URL("../../", import.meta.url);
const textOf = (file: string): string => readFileSync(new URL(file, root), "utf8");

test.for(teeth.map(({ id }) => id))("teeth: %s takes out what stands in the product's text", (id) => {
  for (const { file, rule } of toothOf(id).changes) expect(textOf(file)).toContain(rule);
});

test("teeth: docs/reliability.md has the table as it stands in the code", () => {
  const document = textOf("docs/reliability.md");
  const missing = teeth.map(rowOf).filter((row) => !document.includes(row));
  expect(missing).toEqual([]);
});

test("teeth: what is recorded are rules that there are, and every script shows one", () => {
  expect(Object.keys(caught).toSorted()).toEqual(teeth.map(({ id }) => id).toSorted());
  const shown = new Set(teeth.map(({ id }) => scriptFor(id)));
  expect(Object.keys(scripts).filter((name) => !shown.has(name))).toEqual([]);
});

describe("with all rules", () => {
  let stage: OpenStage;

  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage.close());

  // The seeds are among those that seeds.test.ts runs.
  test.for(Object.entries(scripts))("teeth: the checkers find nothing in the script %s", async ([, plan]) => {
    expect((await run(plan, stage)).faults).toEqual([]);
  });
});

const seen = teeth.map(({ id }) => id).filter((id) => caught[id]?.by !== null);
const isOfScripts = (id: string): boolean => toothOf(takenOut(id)).changes.every(({ file }) => file.endsWith(".lua"));

// What is taken out of a script of Redis needs no process in which it was never loaded.
test.for(seen.filter(isOfScripts))("teeth: the checkers see that %s is taken out", async (id) => {
  const stage = await openStage(luaMutations(toothOf(takenOut(id))));
  try {
    const script = scriptFor(id);
    const plan = script === null ? planOf(Number(caught[id]?.by)) : scriptOf(script, null);
    expect((await run(plan, stage)).faults).not.toEqual([]);
  } finally {
    await stage.close();
  }
});

// Half of a machine of two cores does other tests meanwhile.
describe.concurrent("without a rule", () => {
  test.for(seen.filter((id) => !isOfScripts(id)))(
    "teeth: the checkers see that %s is taken out",
    async (id, { expect: expectHere }) => {
      const script = scriptFor(id);
      const prey = script === null ? { from: Number(caught[id]?.by), count: 1 } : { script };
      const { caught: failure, error } = await bite(takenOut(id), prey);
      expectHere(error).toBe("");
      expectHere(failure).not.toBeNull();
    },
  );
});

const beside = teeth.map(({ id }) => id).filter((id) => caught[id]?.beside !== undefined);

test.for(beside)("teeth: %s alone is not seen in the script that needs another rule besides", async (id) => {
  const { caught: failure, error } = await bite(id, { script: scriptFor(id) ?? "" });
  expect(error).toBe("");
  expect(failure).toBeNull();
});
