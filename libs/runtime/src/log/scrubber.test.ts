import { expect, test } from "vitest";
import { DmsError } from "../errors.ts";
import { logBounds, suppressed } from "./bounds.ts";
import { parseFilterSpec } from "./filter-spec.ts";
import { noRules as noRulesInTime, Scrubber } from "./scrubber.ts";
import type { ScrubRules } from "./scrubber.ts";

/** A busy machine must not decide what a test sees. */
const noRules: ScrubRules = { ...noRulesInTime, lineMsMax: Number.POSITIVE_INFINITY };

function fieldsOf(fields: Record<string, unknown>, rules: Partial<ScrubRules> = {}): Record<string, unknown> {
  return new Scrubber({ ...noRules, ...rules }).line(fields, "", false)?.fields ?? {};
}

const rules = (defaultRule: string, keys: Record<string, string> = {}) => ({ keyRules: { defaultRule, keys } });

function filtersOf(...filters: unknown[]) {
  const result = parseFilterSpec(JSON.stringify({ filters }));
  if ("faults" in result) throw new Error(JSON.stringify(result.faults));
  return { filters: result.filters };
}

test("scrubber: by default every pair of an attribute is shown", () => {
  const fields = { UserData: { name: "Smith", age: 40 }, event: "x" };
  expect(fieldsOf(fields)).toEqual(fields);
});

test("scrubber: the default treatment is for pairs of Parameters and UserData, at any depth, and for nothing else", () => {
  const fields = {
    event: "x",
    UserData: { name: "Smith", list: { deep: { deeper: ["a", 7] } } },
    call: { parameters: { text: "hello" }, user_data: { a: true } },
  };
  expect(fieldsOf(fields, rules("hide"))).toEqual({
    event: "x",
    UserData: { name: "********", list: { deep: { deeper: ["********", "********"] } } },
    call: { parameters: { text: "********" }, user_data: { a: "********" } },
  });
  expect(fieldsOf(fields, rules("skip"))).toEqual({
    event: "x",
    UserData: { list: { deep: { deeper: [null, null] } } },
    call: { parameters: {}, user_data: {} },
  });
});

test("scrubber: a key's own treatment goes over the default, in any letter case and at any depth", () => {
  const fields = { UserData: { Card: "4111", other: "b", list: { card: "4222", name: "Smith" } } };
  expect(fieldsOf(fields, rules("copy", { card: "hide-first,2" }))).toEqual({
    UserData: { Card: "**11", other: "b", list: { card: "**22", name: "Smith" } },
  });
  expect(fieldsOf(fields, rules("hide", { card: "copy" }))).toEqual({
    UserData: { Card: "4111", other: "********", list: { card: "4222", name: "********" } },
  });
});

test("scrubber: a list that is hidden or left out by name goes as a whole; one that is copied hands that on", () => {
  const fields = { UserData: { list: { a: "x", b: { c: "y" } } } };
  expect(fieldsOf(fields, rules("copy", { list: "hide" }))).toEqual({ UserData: { list: "********" } });
  expect(fieldsOf(fields, rules("copy", { list: "skip" }))).toEqual({ UserData: {} });
  expect(fieldsOf(fields, rules("hide", { list: "copy" }))).toEqual(fields);
});

test("scrubber: secrets are taken out by key at any depth and spelling, and by value wherever they stand", () => {
  const fields = {
    a: { b: [{ clientSecret: "planted", headers: { "X-Api-Key": "planted", authorization: "planted" } }] },
    access_token: "planted",
    error: new DmsError("DMS_X", "cannot log in with planted-value-1", { details: { password: "planted" } }),
    address: "redis://user:planted@host:1/0 and http://planted@h/p?a=b@c",
  };
  const shown = JSON.stringify(fieldsOf(fields, { secrets: ["planted-value-1", "short"] }));
  expect(shown).not.toContain("planted");
  expect(shown).toContain("http://<redacted>@h/p?a=b@c");
  expect(shown).toContain("cannot log in with <redacted>");
});

test("scrubber: texts are filtered wherever they stand: message, values, lists, keys of user data, long numbers", () => {
  const { filters } = filtersOf({ name: "n", kind: "edit", steps: [{ search: "\\d{7}", replace: "#" }] });
  const line = new Scrubber({ ...noRules, filters }).line(
    {
      event: "e1234567",
      list: ["1234567", 1234567, 12],
      UserData: { k1234567: { v: "1234567" } },
      error: new Error("1234567"),
    },
    "about 1234567",
    false,
  );
  expect(line).toEqual({
    fields: { event: "e#", list: ["#", "#", 12], UserData: { "k#": { v: "#" } }, error: { message: "#" } },
    message: "about #",
  });
});

test("scrubber: a line with a text that a skip filter finds is not written", () => {
  const { filters } = filtersOf({ name: "n", kind: "skip", search: "(?i)secret plan" });
  const scrubber = new Scrubber({ ...noRules, filters });
  expect(scrubber.line({ a: { b: "the SECRET plan" } }, "x", false)).toBeNull();
  expect(scrubber.line({ a: { b: "the plan" } }, "x", false)).not.toBeNull();
});

test("scrubber: long texts are cut, and a number at the cut is not left in half", () => {
  const fits = "a".repeat(logBounds.textLengthMax - 8);
  expect(fieldsOf({ text: `${fits}4111 1111 1111 1111` })["text"]).toBe(`${fits}... (${fits.length + 19} characters)`);
  const secret = "planted-value-2";
  const shown = String(fieldsOf({ text: `${fits}${secret}` }, { secrets: [secret] })["text"]);
  expect(shown).not.toContain("planted");
});

test("scrubber: deep, wide, circular and strange values end in a bounded line", () => {
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  const deep = JSON.parse(`${'{"a":'.repeat(500)}1${"}".repeat(500)}`) as object;
  const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, i]));
  const texts = Array.from({ length: 100 }, () => "x".repeat(4000));
  const shown = JSON.stringify(
    fieldsOf({ circular, deep, wide, big: 10n, when: new Date(Number.NaN), bytes: Buffer.from("text"), texts }),
  );
  expect(shown).toContain(suppressed);
  expect(shown.length).toBeLessThan(2 * logBounds.lineLengthMax);
  expect(
    JSON.parse(JSON.stringify(fieldsOf(JSON.parse('{"UserData":{"__proto__":{"a":1}}}') as Record<string, unknown>))),
  ).toEqual(JSON.parse('{"UserData":{"__proto__":{"a":1}}}'));
});
