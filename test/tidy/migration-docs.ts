export const migrationDocument = "docs/migration.md";

/** A row of the table of options: what DMS has, what takes its place, and what becomes of it. */
export interface OptionRow {
  /** Section and name of each option that the row names; the section is "" for what stands in no section. */
  options: { section: string; name: string }[];
  here: string[];
  outcome: string;
}

/** The rows of section "Options side by side". The first name of a row carries the section: `[log] segment`, `expire`. */
export function optionRows(document: string): OptionRow[] {
  const [, section = ""] = document.split(/^## Options side by side$/m);
  const [table = ""] = section.split(/^## /m);
  return table
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| (DMS|---) \|/.test(line))
    .map((line) => {
      const [left = "", here = "", outcome = ""] = line.slice(2, -2).split(" | ");
      return { options: optionsIn(left), here: quoted(here), outcome };
    });
}

function optionsIn(cell: string): OptionRow["options"] {
  let section = "";
  return quoted(cell).map((text) => {
    const [, named, name = text] = /^\[([^\]]+)\] (.+)$/.exec(text) ?? [];
    section = named ?? section;
    return { section, name };
  });
}

function quoted(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
}

/** Options that are accepted and ignored and have no row, and rows that promise what is not so. */
export function optionFaults(
  rows: readonly OptionRow[],
  known: { ignored: Record<string, ReadonlySet<string>>; isOption: (path: string) => boolean },
): string[] {
  const isNamed = (section: string, name: string): boolean =>
    rows.some(({ options }) => options.some((each) => each.section === section && each.name === name));
  const missing = Object.entries(known.ignored).flatMap(([section, names]) =>
    [...names]
      .filter((name) => !isNamed(section, name))
      .map((name) => `[${section}] ${name} is accepted and ignored: say in a row why it has no meaning`),
  );
  const untold = rows
    .filter(({ outcome }) => !/^(same|renamed|replaced|another|no meaning|the tenant|stay)/.test(outcome))
    .map(({ outcome }) => `"${outcome}" does not begin with what becomes of the option: same, renamed, no meaning`);
  const unknown = rows
    .flatMap(({ here }) => here)
    .filter((path) => !known.isOption(path))
    .map((path) => `${path} is no option of ours: name one that docs/config.md has`);
  return [...missing, ...untold, ...unknown];
}
