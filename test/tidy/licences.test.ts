import { expect, test } from "vitest";
import { licenceFaults, lockedPackages, statedLicence } from "../../tools/licences.ts";
import type { LockedPackage } from "../../tools/licences.ts";

const packages = lockedPackages();
const planted = (more: Partial<LockedPackage>): LockedPackage[] => [
  ...packages,
  { name: "planted@1.0.0", path: "node_modules/planted", licence: "MIT", isShipped: true, ...more },
];

test("licences: what ships is under a licence of the list, and what is installed says the same", () => {
  expect(packages.filter((each) => each.isShipped && statedLicence(each) !== undefined).length).toBeGreaterThan(20);
  expect(licenceFaults(packages, statedLicence)).toEqual([]);
});

test.for(["GPL-3.0-only", "SEE LICENSE IN LICENSE.md", "none stated"])(
  "licences: a package that ships under %s is caught",
  (licence) => {
    expect(licenceFaults(planted({ licence }), statedLicence)).toEqual([
      `planted@1.0.0 ships under ${licence}, which is not on the list`,
    ]);
  },
);

test("licences: a package for development may have any", () => {
  expect(licenceFaults(planted({ licence: "MPL-2.0", isShipped: false }), statedLicence)).toEqual([]);
});

test("licences: an installed package that says another licence than the lock file is caught", () => {
  const stated = (each: LockedPackage): string | undefined =>
    each.name === "planted@1.0.0" ? "BUSL-1.1" : statedLicence(each);
  expect(licenceFaults(planted({}), stated)).toEqual([
    "planted@1.0.0 is MIT in the lock file and says BUSL-1.1 itself",
  ]);
});
