import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { caught } from "./teeth/caught.ts";
import { bite, rowOf } from "./teeth/showing.ts";
import { teeth, toothOf } from "./teeth/table.ts";

// Each safety mechanism taken out must be seen by the checkers. A few are tried here, each with the seed that shows it; the
// whole table by `npm run simulate -- --teeth`.

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

const fast = ["A2-shown", "A3-load", "A3-unknown", "A4-entries", "A5-forward", "A6-old-session", "A15-replies"];

test.for(fast)("teeth: the checkers see that %s is taken out", async (id) => {
  const tooth = toothOf(id);
  const seed = caught[id]?.seed ?? null;
  expect(seed).not.toBeNull();
  const { caught: failure, error } = await bite(tooth, { from: seed ?? 1, count: 1 });
  expect(error).toBe("");
  expect(failure).not.toBeNull();
});
