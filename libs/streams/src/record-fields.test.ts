import { readFileSync } from "node:fs";
import type { ConversationId } from "@dms/protocol";
import { expect, test } from "vitest";
import { readRecord, recordFields } from "./record-fields.ts";

const fields: Record<string, string> = recordFields;

test("record: the prelude calls the fields by the same letters, each by one of its own", () => {
  const prelude = readFileSync(new URL("transitions/prelude.lua", import.meta.url), "utf8");
  const named = [...prelude.matchAll(/^local ([A-Z, ]+) = (.*)$/gm)].flatMap(([, names = "", letters = ""]) => {
    const values = letters.split(", ").map((letter) => letter.replaceAll("'", ""));
    return names.split(", ").map((name, i) => [name.toLowerCase(), values[i] ?? ""]);
  });
  expect(Object.fromEntries(named)).toEqual(fields);
  expect(new Set(Object.values(fields)).size).toBe(Object.keys(fields).length);
});

test("record: ARCHITECTURE.md has each field with its letter", () => {
  const document = readFileSync(new URL("../../../ARCHITECTURE.md", import.meta.url), "utf8");
  const [, section = ""] = document.split("### A conversation's record");
  const rows = [...section.matchAll(/^\| `([a-z]+)` \| `([a-z])` \|/gm)].map(([, name = "", letter]) => [name, letter]);
  expect(Object.fromEntries(rows)).toEqual(fields);
});

test("record: what is left out is what follows from the rest", () => {
  const id = "whatsapp:49170" as ConversationId;
  const stored = { o: "w1.a", g: "7.n", s: "2", c: "s1", v: "1" };
  expect(readRecord({ id, fields: stored, servers: ["http://a", "http://b"] })).toEqual({
    owner: "w1.a",
    grant: "7.n",
    life: "7.n",
    seq: "2",
    chat: "s1",
    customer: "49170",
    server: "http://b",
  });
  const moved = { g: "8.n", l: "7.n", c: "s1", x: "Anna" };
  expect(readRecord({ id, fields: moved, servers: [] })).toMatchObject({ life: "7.n", customer: "Anna" });
  expect(readRecord({ id, fields: {}, servers: [] })).toEqual({});
});
