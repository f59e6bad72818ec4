import { expect, test } from "vitest";
import { nemeses } from "../chaos/nemeses/index.ts";
import { repository } from "./repository.ts";

test("nemeses: docs/reliability.md has a row for each, and none besides", () => {
  const text = repository.find(({ path }) => path === "docs/reliability.md")?.text ?? "";
  const table = text.slice(text.indexOf("| nemesis |"), text.indexOf("## Redis in all its forms"));
  const rows = table.split("\n").filter((line) => line.startsWith("| `"));
  const named = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([a-z-]+)`/g)].map(([, name]) => name));
  expect(new Set(named)).toEqual(new Set(nemeses.map(({ name }) => name)));
});
