import type { ConversationId } from "@dms/protocol";
import { expect, test } from "vitest";
import { Quarantine } from "./quarantine.ts";

const [a, b, c] = ["w:a", "w:b", "w:c"].map((id) => id as ConversationId) as [
  ConversationId,
  ConversationId,
  ConversationId,
];

/** Each of `ids` asks to come in, again whenever it is woken; `entered` has those that did, in their order. */
function asking(...ids: ConversationId[]) {
  const quarantine = new Quarantine();
  const entered: ConversationId[] = [];
  const ask = (id: ConversationId): void => {
    if (quarantine.enter(id, () => ask(id))) entered.push(id);
  };
  for (const id of ids) ask(id);
  return { quarantine, entered, ask };
}

test("one is inside at a time, and the others follow in their order", () => {
  const { quarantine, entered } = asking(a, b, c);
  expect(entered).toEqual([a]);
  quarantine.leave(a);
  expect(entered).toEqual([a, b]);
  quarantine.leave(b);
  expect(entered).toEqual([a, b, c]);
});

test("who is inside may enter again, and who was never there may leave", () => {
  const { quarantine, entered } = asking(a, a, b);
  quarantine.leave(c);
  expect(entered).toEqual([a, a]);
});

test("who leaves the queue is passed over", () => {
  const { quarantine, entered } = asking(a, b, c);
  quarantine.leave(b);
  quarantine.leave(a);
  expect(entered).toEqual([a, c]);
});

test("one that is woken and does not come in keeps nobody else out", () => {
  const quarantine = new Quarantine();
  quarantine.enter(a, () => undefined);
  quarantine.enter(b, () => undefined);
  quarantine.leave(a);
  expect(quarantine.enter(c, () => undefined)).toBe(true);
});

test("who tries again stands behind those who wait", () => {
  const { quarantine, entered, ask } = asking(a, b);
  quarantine.leave(a);
  ask(a);
  quarantine.leave(b);
  expect(entered).toEqual([a, b, a]);
});
