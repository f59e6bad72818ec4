import { readFileSync } from "node:fs";

// npm run licences: every package of the lock file by licence, those that ship before those for development. Reads the
// lock file alone. Ends with 1 when a shipped package has a licence that is not on the list.

const allowed: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "(BSD-3-Clause OR GPL-2.0)",
  "ISC",
  "MIT",
  "MIT OR Apache-2.0",
]);

interface LockedPackage {
  version?: string;
  license?: string;
  dev?: boolean;
  link?: boolean;
}

const lock = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8")) as {
  packages: Record<string, LockedPackage>;
};
const rows = Object.entries(lock.packages)
  .filter(([path, { link }]) => path.includes("node_modules/") && link !== true)
  .map(([path, { version = "?", license = "none stated", dev = false }]) => {
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    return { name: `${name}@${version}`, licence: license, isShipped: !dev };
  });

for (const isShipped of [true, false]) {
  console.log(isShipped ? "shipped" : "\nfor development and tests");
  const byLicence = Map.groupBy(
    rows.filter((row) => row.isShipped === isShipped),
    ({ licence }) => licence,
  );
  for (const [licence, packages] of [...byLicence].toSorted(([a], [b]) => a.localeCompare(b))) {
    console.log(`  ${licence}: ${packages.map(({ name }) => name).join(", ")}`);
  }
}
const refused = rows.filter(({ isShipped, licence }) => isShipped && !allowed.has(licence));
for (const { name, licence } of refused) console.error(`${name} ships under ${licence}, which is not on the list`);
process.exitCode = refused.length > 0 ? 1 : 0;
