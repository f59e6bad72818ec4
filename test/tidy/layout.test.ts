import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { laidOut, layoutDocument, layoutFaults } from "./layout.ts";
import { repository } from "./repository.ts";

const document = repository.find(({ path }) => path === layoutDocument)?.text ?? "";

function entriesOf(folder: string): string[] {
  return readdirSync(new URL(`../../${folder}/`, import.meta.url)).filter((name) => !name.startsWith("."));
}

test("layout: CONTRIBUTING.md names every app, library, kind of test and document, and no other", () => {
  expect(layoutFaults(document, entriesOf)).toEqual([]);
});

test("layout: an entry without a name, a name without an entry and a folder without a line are caught", () => {
  const lines = laidOut.map((folder) => `${folder}/  a  # prose of it\n    b\n`);
  const planted = (changed: string[]) => `# x\n\n## Layout\n\n\`\`\`text\n${changed.join("")}\`\`\`\n`;
  const faults = (changed: string[], added: Record<string, string[]> = {}) =>
    layoutFaults(planted(changed), (folder) => ["a.md", "b", ...(added[folder] ?? [])]);
  expect(faults(lines)).toEqual([]);
  expect(faults(lines, { libs: ["c"] })).toEqual([expect.stringContaining("libs/c is not in the layout")]);
  expect(faults([...lines, "    c\n"])).toEqual([expect.stringContaining("names docs/c, which is not there")]);
  expect(faults(lines.slice(1))).toHaveLength(2);
});
