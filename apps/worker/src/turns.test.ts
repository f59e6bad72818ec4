import type { ConversationId } from "@dms/protocol";
import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

const [a, b, c, d] = ["w:a", "w:b", "w:c", "w:d"].map((id) => id as ConversationId) as [
  ConversationId,
  ConversationId,
  ConversationId,
  ConversationId,
];

/** Each of `ids` asks to come in, again whenever it is woken; `entered` has those that did, in their order. */
function asking(...ids: ConversationId[]) {
  return askingOf(1, ids);
}

function askingOf(places: number, ids: ConversationId[]) {
  const turns = new Turns(places);
  const entered: ConversationId[] = [];
  const ask = (id: ConversationId): void => {
    if (turns.enter(id, () => ask(id))) entered.push(id);
  };
  for (const id of ids) ask(id);
  return { turns, entered, ask };
}

test("one is inside at a time, and the others follow in their order", () => {
  const { turns, entered } = asking(a, b, c);
  expect(entered).toEqual([a]);
  turns.leave(a);
  expect(entered).toEqual([a, b]);
  turns.leave(b);
  expect(entered).toEqual([a, b, c]);
});

test("who is inside may enter again, and who was never there may leave", () => {
  const { turns, entered } = asking(a, a, b);
  turns.leave(c);
  expect(entered).toEqual([a, a]);
});

test("who leaves the queue is passed over", () => {
  const { turns, entered } = asking(a, b, c);
  turns.leave(b);
  turns.leave(a);
  expect(entered).toEqual([a, c]);
});

test("one that is woken and does not come in keeps nobody else out", () => {
  const turns = new Turns(1);
  turns.enter(a, () => undefined);
  turns.enter(b, () => undefined);
  turns.leave(a);
  expect(turns.enter(c, () => undefined)).toBe(true);
});

test("who tries again stands behind those who wait", () => {
  const { turns, entered, ask } = asking(a, b);
  turns.leave(a);
  ask(a);
  turns.leave(b);
  expect(entered).toEqual([a, b, a]);
});

test("as many are inside as there are places, and each that leaves lets one in", () => {
  const { turns, entered } = askingOf(2, [a, b, c, d]);
  expect(entered).toEqual([a, b]);
  turns.leave(b);
  expect(entered).toEqual([a, b, c]);
  turns.leave(a);
  expect(entered).toEqual([a, b, c, d]);
});

test("one that went another way lets the next one in when it leaves", () => {
  const { turns, entered } = asking(a, b, c);
  const woken: ConversationId[] = [];
  turns.enter(b, () => woken.push(b));
  turns.leave(a);
  expect([entered, woken]).toEqual([[a], [b]]);
  turns.leave(b);
  expect(entered).toEqual([a, c]);
});
