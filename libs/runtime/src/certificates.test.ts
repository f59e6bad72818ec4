import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeAuthority, type Issued } from "@dms/testkit";
import { afterAll, beforeEach, expect, test } from "vitest";
import { Certificates } from "./certificates.ts";
import { createLogger } from "./logger.ts";
import { handClock } from "./testing/hand-clock.ts";

const dir = mkdtempSync(join(tmpdir(), "dms-certificates-"));
const authority = makeAuthority(join(dir, "authority"));
const [first, second] = [authority.issue("first"), authority.issue("second")];
const used = { cert: join(dir, "used.pem"), key: join(dir, "used-key.pem"), ca: join(dir, "used-ca.pem") };

afterAll(() => rmSync(dir, { recursive: true }));

function put({ cert, key }: Partial<Issued>): void {
  if (cert !== undefined) copyFileSync(cert, used.cert);
  if (key !== undefined) copyFileSync(key, used.key);
}

beforeEach(() => {
  put(first);
  copyFileSync(authority.ca, used.ca);
});

function opened() {
  const lines: { event?: string; why?: string }[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as { event?: string; why?: string });
  const clock = handClock();
  const certificates = new Certificates({
    clock,
    logger: createLogger({ level: "info", name: "x", destination: { write } }),
  });
  const source = certificates.open(used);
  const renewals: string[] = [];
  source.onRenewed(() => renewals.push(source.current().cert ?? ""));
  return { clock, certificates, source, renewals, lines, events: () => lines.map(({ event }) => event) };
}

test("certificates: what was renewed is taken at the next look, and told once", () => {
  const { clock, source, renewals, events } = opened();
  const before = source.current().cert;
  put(second);
  expect(source.current().cert).toBe(before);
  clock.advance(10_000);
  expect(source.current().cert).not.toBe(before);
  clock.advance(60_000);
  expect(renewals).toEqual([source.current().cert]);
  expect(events()).toEqual(["certificates.renewed"]);
});

test("certificates: half of a renewed pair changes nothing until the other half is there", () => {
  const { clock, source, renewals, events } = opened();
  put({ cert: second.cert });
  clock.advance(30_000);
  expect(renewals).toEqual([]);
  expect(events()).toEqual(["certificates.refused"]);
  put({ key: second.key });
  clock.advance(10_000);
  expect(renewals).toEqual([source.current().cert]);
});

test("certificates: a file that is spoilt or gone leaves the former material in use", () => {
  const { clock, source, renewals } = opened();
  const before = source.current();
  writeFileSync(used.cert, "nothing");
  clock.advance(10_000);
  rmSync(used.cert);
  clock.advance(10_000);
  expect(source.current()).toBe(before);
  expect(renewals).toEqual([]);
});

test.each([
  ["an emptied authority", "ca", () => ""],
  ["an authority of something else", "ca", () => "garbage"],
  ["an authority that is cut off", "ca", (whole: string) => whole.slice(0, 100)],
  ["an authority whose file holds a key", "ca", () => readFileSync(first.key, "utf8")],
  ["an emptied certificate", "cert", () => ""],
  ["an emptied key", "key", () => ""],
] as const)("certificates: %s is refused with its file's name, and taken when it is whole", (_, option, spoil) => {
  const { clock, source, renewals, lines, events } = opened();
  const before = source.current();
  const whole = readFileSync(used[option], "utf8");
  writeFileSync(used[option], spoil(whole));
  clock.advance(30_000);
  expect(source.current()).toBe(before);
  expect(lines).toMatchObject([{ event: "certificates.refused" }]);
  expect(lines[0]?.why).toMatch(new RegExp(`^${used[option]} is not .*(PEM file with a|spoilt or cut off)`));
  writeFileSync(used[option], whole);
  put(second);
  clock.advance(10_000);
  expect(renewals).toEqual([readFileSync(second.cert, "utf8")]);
  expect(events()).toEqual(["certificates.refused", "certificates.renewed"]);
});

test("certificates: a file that became empty before the start is an error with its name", () => {
  writeFileSync(used.ca, "");
  expect(opened).toThrow(`${used.ca} is not a PEM file with a certificate in it`);
});

test("certificates: nothing is looked at after the stop, and nothing is opened for no files", () => {
  const { clock, certificates } = opened();
  certificates.stop();
  clock.advance(10_000);
  expect(clock.pending()).toBe(0);
  expect(certificates.open(undefined)).toBeUndefined();
});
