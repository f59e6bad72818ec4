import fc from "fast-check";
import { expect, test } from "vitest";
import { inboundMessageSchema } from "./hub-message.ts";
import { isPlainText, readStoredMessage } from "./stored-message.ts";

const plain = {
  sequence: 7,
  id: "m-7",
  conversationId: "4917",
  type: "text",
  from: { id: "4917", name: "Ada" },
  to: { id: "4930" },
  sentAt: "2026-11-25T10:15:30Z",
  text: "Guten Tag 📦",
  attributes: { locale: "de" },
};

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    "",
    "text",
    "media",
    0,
    -1,
    1.5,
    2 ** 60,
    [],
    {},
    { id: "x" },
    { id: 1 },
    { a: 1 },
    "half \ud83d",
    "\uFFFD",
    "x".repeat(131_073),
    { id: "" },
    { id: "\ud83d" },
    { id: "x".repeat(1025) },
    { id: "x", name: "x".repeat(4097) },
  ),
  fc.string({ minLength: 250, maxLength: 260 }),
  fc.anything(),
);
const keys = [...Object.keys(inboundMessageSchema.shape), "somethingNew"];
const mutated = fc
  .array(fc.tuple(fc.constantFrom(...keys), odd), { maxLength: 3 })
  .map((changes): unknown => ({ ...plain, ...Object.fromEntries(changes) }));

test("isPlainText: never takes for a message what the schema refuses, and takes it as it stands", () => {
  fc.assert(
    fc.property(mutated, (value) => {
      if (!isPlainText(value)) return;
      expect(inboundMessageSchema.safeParse(value)).toEqual({ success: true, data: value });
    }),
    { numRuns: 3000 },
  );
});

test.each<[string, Record<string, unknown>]>([
  ["an empty id", { id: "" }],
  ["half a character in an id", { conversationId: "a\ud83d" }],
  ["what is left of half a character", { conversationId: "a\uFFFD" }],
  ["an id that is too long", { id: "x".repeat(256) }],
  ["a party without id", { from: { id: "" } }],
  ["a party whose id is too long", { to: { id: "x".repeat(1025) } }],
  ["a name that is too long", { from: { id: "a", name: "x".repeat(4097) } }],
  ["a text that is too long", { text: "x".repeat(131_073) }],
])("isPlainText: %s is for the schema to refuse", (_, changes) => {
  const value = { ...plain, ...changes };
  expect(inboundMessageSchema.safeParse(value).success).toBe(false);
  expect(isPlainText(value)).toBe(false);
  expect(readStoredMessage(JSON.stringify(value))).toBeNull();
});

test("isPlainText: a text message as hubs send it needs no schema", () => {
  expect(isPlainText(plain)).toBe(true);
});

test("readStoredMessage: answers what the schema would, for whatever was stored", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        mutated.map((value) => JSON.stringify(value) ?? ""),
        fc.string(),
      ),
      (payload) => {
        let expected: unknown = null;
        try {
          expected = inboundMessageSchema.parse(JSON.parse(payload));
        } catch {
          expected = null;
        }
        expect(readStoredMessage(payload)).toEqual(expected);
      },
    ),
    { numRuns: 3000 },
  );
});
