import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// npm run licences: every package of the lock file by licence, those that ship before those for development. Ends with 1
// when a shipped package has a licence that is not on the list, or an installed one another licence than the lock file says.

const root = fileURLToPath(new URL("..", import.meta.url));
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

/** One package of the lock file. */
export interface LockedPackage {
  /** `name@version`. */
  name: string;
  /** Where it is installed, from the repository's root on. */
  path: string;
  licence: string;
  isShipped: boolean;
}

/** Every package of the lock file; the workspaces are our own and stay out. */
export function lockedPackages(): LockedPackage[] {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version?: string; license?: string; dev?: boolean; link?: boolean }>;
  };
  return Object.entries(lock.packages)
    .filter(([path, { link }]) => path.includes("node_modules/") && link !== true)
    .map(([path, { version = "?", license = "none stated", dev = false }]) => {
      const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
      return { name: `${name}@${version}`, path, licence: license, isShipped: !dev };
    });
}

/** What an installed package says of itself; undefined for one that is not installed, as those for other systems are not. */
export function statedLicence({ path }: LockedPackage): string | undefined {
  const file = join(root, path, "package.json");
  if (!existsSync(file)) return undefined;
  const { license } = JSON.parse(readFileSync(file, "utf8")) as { license?: unknown };
  return typeof license === "string" ? license : "none stated";
}

/** Shipped packages under a licence that is not on the list, and packages that say another one than the lock file. */
export function licenceFaults(
  packages: readonly LockedPackage[],
  stated: (each: LockedPackage) => string | undefined,
): string[] {
  return packages.flatMap((each) => {
    const found = stated(each) ?? each.licence;
    return [
      ...(each.isShipped && !allowed.has(each.licence)
        ? [`${each.name} ships under ${each.licence}, which is not on the list`]
        : []),
      ...(found === each.licence ? [] : [`${each.name} is ${each.licence} in the lock file and says ${found} itself`]),
    ];
  });
}

function print(packages: readonly LockedPackage[]): void {
  for (const isShipped of [true, false]) {
    console.log(isShipped ? "shipped" : "\nfor development and tests");
    const byLicence = Map.groupBy(
      packages.filter((each) => each.isShipped === isShipped),
      ({ licence }) => licence,
    );
    for (const [licence, those] of [...byLicence].toSorted(([a], [b]) => a.localeCompare(b))) {
      console.log(`  ${licence}: ${those.map(({ name }) => name).join(", ")}`);
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const packages = lockedPackages();
  print(packages);
  const faults = licenceFaults(packages, statedLicence);
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
