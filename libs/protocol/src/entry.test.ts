import fc from "fast-check";
import { expect, test } from "vitest";
import { parseEntryHeader } from "./entry.ts";

const token = fc.stringMatching(/^[0-9]{1,15}\.[a-z0-9]{1,10}$/);
const anyHeader = fc.record({
  kind: fc.constantFrom("message" as const, "takeover" as const),
  seq: fc.maxSafeNat(),
  life: token,
  grant: token,
  conversation: fc.string().map((id) => `whatsapp:${id}`),
});

test("parseEntryHeader: reads back what the scripts write, whatever the conversation's id", () => {
  fc.assert(
    fc.property(anyHeader, ({ kind, seq, life, grant, conversation }) => {
      const written = `${kind === "message" ? "m" : "t"} ${seq} ${life} ${grant} ${conversation}`;
      expect(parseEntryHeader(written)).toEqual({ kind, seq, life, grant, conversation });
    }),
  );
});

test.for([
  "",
  "m",
  "m 1",
  "m 1 a",
  "m 1 a b",
  "x 1 a b w:c",
  "message 1 a b w:c",
  "m one a b w:c",
  "m 1.5 a b w:c",
  " m 1 a b w:c",
])("parseEntryHeader: a row of another form is foreign: %j", (header) => {
  expect(parseEntryHeader(header)).toBeNull();
});

test("parseEntryHeader: never throws", () => {
  fc.assert(
    fc.property(fc.string(), (header) => {
      expect(() => parseEntryHeader(header)).not.toThrow();
    }),
  );
});
