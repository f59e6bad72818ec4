import { expect, test } from "vitest";
import { z } from "zod";
import { checkShape } from "./answer.ts";

const shape = z.looseObject({
  id: z.string(),
  text: z.string().optional(),
  parts: z.array(z.looseObject({ name: z.string().optional() })).optional(),
  facts: z.record(z.string(), z.string()).optional(),
});

test("checkShape: a field that may be absent may be null, at any depth, and what was given stays as it came", () => {
  const given = { id: "1", text: null, parts: [{ name: null, own: null }, { name: "b" }], facts: { a: null, b: "c" } };
  const before = structuredClone(given);
  expect(checkShape(shape, given)).toEqual({
    value: { id: "1", parts: [{ own: null }, { name: "b" }], facts: { b: "c" } },
  });
  expect(given).toEqual(before);
});

test.each([
  ["a field that must be there", { id: null, text: null }, "id"],
  ["an element of a list", { id: "1", parts: [null] }, "parts.0"],
  ["the whole", null, "body"],
  ["another fault beside it", { id: "1", text: null, parts: 5 }, "parts"],
])("checkShape: null for %s is a fault, told by its path", (_, given, path) => {
  expect(checkShape(shape, given)).toMatchObject({ fault: expect.stringContaining(path) });
});

test("checkShape: a null under the name of a prototype changes no other object", () => {
  const given: unknown = JSON.parse('{"id":"1","text":null,"facts":{"__proto__":null},"__proto__":{"text":null}}');
  const read = checkShape(shape, given);
  expect(read).toMatchObject({ value: { id: "1", facts: {} } });
  expect({}).not.toHaveProperty("text");
});

test("checkShape: thirty thousand nulls are dropped without a copy for each", () => {
  const facts = Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`k${i}`, null]));
  expect(checkShape(shape, { id: "1", facts })).toEqual({ value: { id: "1", facts: {} } });
});
