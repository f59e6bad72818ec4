import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { commandFaults, decisionFaults, errorCodeFaults, errorsDocument, linkFaults } from "./documents.ts";
import { repository } from "./repository.ts";

const isThere = (path: string) => existsSync(new URL(`../../${path}`, import.meta.url));
const nothing = () => false;
const code = (text: string) => ({ path: "libs/x/src/x.ts", text });
const document = (path: string, text: string) => ({ path, text });

test.skipIf(!isThere(errorsDocument))("documents: docs/errors.md has a row for every error code, and no other", () => {
  expect(errorCodeFaults(repository)).toEqual([]);
});

test("documents: decisions are numbered without gap", () => {
  expect(decisionFaults(repository)).toEqual([]);
});

test("documents: relative links lead somewhere", () => {
  expect(linkFaults(repository, isThere)).toEqual([]);
});

test("documents: npm commands exist", () => {
  expect(commandFaults(repository)).toEqual([]);
});

test("errors: a code without row, a row without code and a second row are caught", () => {
  const sources = [
    code('throw new DmsError("DMS_LOST", "x", { cause: process.env["DMS_HOME"] });'),
    document(errorsDocument, "| `DMS_GONE` | was | x |\n"),
  ];
  expect(errorCodeFaults(sources)).toEqual([
    expect.stringMatching(/^libs\/x\/src\/x\.ts:1: DMS_LOST has no row/),
    expect.stringContaining("DMS_GONE is nowhere"),
  ]);
  const twice = [
    code('const code = "DMS_LOST";'),
    document(errorsDocument, "| `DMS_LOST` | a |\n| `DMS_LOST` | b |\n"),
  ];
  expect(errorCodeFaults(twice)).toHaveLength(1);
});

test("errors: codes of tests and names of environment variables need no row", () => {
  expect(errorCodeFaults([document("libs/x/src/x.test.ts", 'const x = "DMS_PLANTED";')])).toEqual([]);
  expect(errorCodeFaults([code('const x = "DMS_REDIS_URL";')])).toEqual([]);
});

test("decisions: a gap, a double, a bad name and a wrong title are caught", () => {
  const record = (name: string, title: string) => document(`docs/adr/${name}.md`, `# ${title}\n`);
  expect(decisionFaults([record("0001-streams", "1. Streams"), record("0002-leases", "ADR 0002: Leases")])).toEqual([]);
  expect(decisionFaults([record("0001-a", "1. A"), record("0003-b", "3. B")])).toHaveLength(1);
  expect(decisionFaults([record("0001-a", "1. A"), record("0001-b", "1. B")])).toHaveLength(1);
  expect(decisionFaults([record("1-a", "1. A")])).toHaveLength(1);
  expect(decisionFaults([record("0001-a", "2. A")])).toEqual([expect.stringContaining("write `# 1. ...`")]);
});

test("links: a missing file and a missing heading are caught, whatever is no relative link is not", () => {
  const target = document("docs/config.md", "# Configuration\n\n## Where Redis is?\n");
  const from = (text: string) => linkFaults([target, document("README.md", text)], nothing);
  expect(
    from("[a](docs/config.md) [b](./docs/config.md#where-redis-is) [c](https://x.y/z) [d](#top)\n# Top\n"),
  ).toEqual([]);
  expect(from("[a](docs/none.md)")).toEqual([expect.stringContaining("docs/none.md, which is not there")]);
  expect(from("[a](docs/config.md#none)")).toEqual([
    expect.stringContaining("use one of configuration, where-redis-is"),
  ]);
  expect(from("`[a](none.md)`\n```\n[b](none.md)\n```\n")).toEqual([]);
});

test("commands: an npm script that does not exist is caught", () => {
  const manifest = document("package.json", '{ "scripts": { "start": "x", "check:types": "x" } }');
  expect(
    commandFaults([manifest, document("README.md", "`npm start -- --seconds 20`, `npm run check:types`, `npm ci`")]),
  ).toEqual([]);
  expect(commandFaults([manifest, document("README.md", "`npm test` and `npm run bench`")])).toHaveLength(2);
});
