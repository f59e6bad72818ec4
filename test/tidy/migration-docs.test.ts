import { expect, test } from "vitest";
import { dmsOptions } from "../../libs/runtime/src/config/ignored.ts";
import { foreignOutputs } from "../../libs/runtime/src/log/foreign-outputs.ts";
import { migrationDocument, optionFaults, optionRows } from "./migration-docs.ts";
import { repository } from "./repository.ts";

const text = (path: string): string => repository.find((source) => source.path === path)?.text ?? "";
const rows = optionRows(text(migrationDocument));

/** Sections and options of docs/config.md, which is held to the schema. */
function ourOptions(): Set<string> {
  const sections = text("docs/config.md").split(/^### /m).slice(1);
  return new Set(
    sections.flatMap((section) => {
      const [, name = ""] = /^`([^`]+)`/.exec(section) ?? [];
      return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => `${name}.${match[1]}`);
    }),
  );
}

test("docs/migration.md: every option of DMS that is accepted and ignored has a row, and what takes a place is an option", () => {
  const options = ourOptions();
  const ignored = { ...dmsOptions, "": foreignOutputs };
  expect(optionFaults(rows, { ignored, isOption: (path) => options.has(path) })).toEqual([]);
});

test("docs/migration.md: what the table calls meaningless in a section is accepted there", () => {
  const promised = rows
    .filter(({ here, outcome }) => here.length === 0 && outcome.startsWith("no meaning"))
    .flatMap(({ options }) => options);
  const ofSections = promised.filter(({ section }) => section !== "");
  expect(ofSections.length).toBeGreaterThan(20);
  const byPrefix = new Set(["qry-<name>", "x-<name>"]);
  const refused = ofSections.filter(({ section, name }) => {
    const names: ReadonlySet<string> | undefined = { ...dmsOptions }[section];
    return !(names?.has(name) ?? false) && !byPrefix.has(name);
  });
  expect(refused).toEqual([]);
});

test("options: a missing row, a row without outcome and a place that is no option are caught", () => {
  const table = (...lines: string[]) =>
    optionRows(
      ["## Options side by side", "| DMS | here | what |", "| --- | --- | --- |", ...lines, "## Next"].join("\n"),
    );
  const known = { ignored: { log: new Set(["segment", "expire"]) }, isOption: (path: string) => path === "log.all" };
  expect(optionFaults(table("| `[log] segment`, `expire` | `log.all` | same |"), known)).toEqual([]);
  expect(optionFaults(table("| `[log] segment` | – | no meaning: x |"), known)).toEqual([
    expect.stringContaining("[log] expire"),
  ]);
  expect(optionFaults(table("| `[log] segment`, `expire` | `log.none` | gone |"), known)).toEqual([
    expect.stringContaining('"gone"'),
    expect.stringContaining("log.none is no option"),
  ]);
});
