import type { ConversationId } from "@dms/protocol";
import { expect, test } from "vitest";
import { Quarantine } from "./quarantine.ts";

const [a, b, c] = ["w:a", "w:b", "w:c"].map((id) => id as ConversationId) as [
  ConversationId,
  ConversationId,
  ConversationId,
];

const turns = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

function queued(...ids: ConversationId[]) {
  const quarantine = new Quarantine();
  const entered: ConversationId[] = [];
  for (const id of ids) void quarantine.enter(id).then(() => entered.push(id));
  return { quarantine, entered };
}

test("one is inside at a time, and the others follow in their order", async () => {
  const { quarantine, entered } = queued(a, b, c);
  await turns();
  expect(entered).toEqual([a]);
  quarantine.leave(a);
  await turns();
  expect(entered).toEqual([a, b]);
  quarantine.leave(b);
  await turns();
  expect(entered).toEqual([a, b, c]);
});

test("who is inside may enter again, and who was never there may leave", async () => {
  const { quarantine, entered } = queued(a, a);
  quarantine.leave(c);
  await turns();
  expect(entered).toEqual([a, a]);
});

test("who leaves the queue is let go without having been inside, and is passed over", async () => {
  const { quarantine, entered } = queued(a, b, c);
  quarantine.leave(b);
  await turns();
  expect(entered).toEqual([a, b]);
  quarantine.leave(a);
  await turns();
  expect(entered).toEqual([a, b, c]);
  await quarantine.enter(c);
});
