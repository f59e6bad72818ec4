import { unplaced } from "@dms/protocol";
import type { Holding } from "@dms/rules";
import { expect, test } from "vitest";
import { c1, c2, w1, w2 } from "../testing/cast.ts";
import { usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();

async function given(...payloads: string[]): Promise<{ holding: Holding; entryIds: string[] }> {
  await partition.admit(w1, w2);
  await partition.give(c1, ...payloads);
  const entryIds = (await partition.inbox(w1)).map(({ entryId }) => entryId);
  return { holding: await partition.holding(c1), entryIds };
}

const lose = (entryId = "") => partition.look.xdel(partition.keys.inbox(0, w1), entryId);

test("missing: an entry that lies in the caller's own inbox is named", async () => {
  const { holding, entryIds } = await given("a", "b");
  const [reply, again] = await partition.twice(() => partition.partitions.missing(holding, 1));
  expect(reply).toEqual({ status: "here", entryId: entryIds[0] });
  expect(again).toEqual(reply);
});

test("missing: it is found behind thousands of other entries", async () => {
  const { holding, entryIds } = await given("a");
  await lose(entryIds[0]);
  await partition.give(c1, ...Array.from({ length: 2500 }, () => "x"));
  const header = `m 1 ${holding.grant} ${holding.grant} ${c1}`;
  const entryId = await partition.look.xadd(partition.keys.inbox(0, w1), "*", "h", header, "p", "a");
  expect(await partition.partitions.missing(holding, 1)).toEqual({ status: "here", entryId });
});

test("missing: its post in the session is counted with it, and only grows", async () => {
  const { holding, entryIds } = await given("a", "b");
  const handle = { chatId: "s1", secureKey: "k", userId: "u", alias: "1", server: "a" };
  const parties = { customer: "c", business: "b" };
  const session = { previousChatId: "", handle, parties, partsShown: 0, appName: "" };
  await partition.partitions.open(holding, session);
  await lose(entryIds[0]);
  const count = { chatId: "s1", shown: 1 };
  const [reply] = await partition.twice(() => partition.partitions.missing(holding, 1, count));
  expect(reply).toEqual({ status: "buried" });
  expect(await partition.record(c1)).toMatchObject({ done: "1", shown: "1" });
  const [letter] = await partition.look.xrange(partition.keys.dead(0), "-", "+");
  expect(letter?.[1]).toContain("in no inbox of the partition; posts of it that stand in the chat: 1");
});

test("missing: while it lies in another member's inbox, the caller waits", async () => {
  const { holding } = await given("a");
  await partition.partitions.handoff(holding, "shed");
  const taken = await partition.holding(c1);
  expect(taken.member).toBe(w2);
  const reply = await partition.unchanged(() => partition.partitions.missing(taken, 1));
  expect(reply).toEqual({ status: "waiting" });
});

test("missing: while an evicted member's or the unplaced inbox is not empty, the caller waits (A18)", async () => {
  const { holding, entryIds } = await given("a");
  await lose(entryIds[0]);
  const stray = (member: typeof w1) => partition.look.xadd(partition.keys.inbox(0, member), "*", "h", "x", "p", "y");
  await stray(unplaced);
  const ask = () => partition.partitions.missing(holding, 1);
  expect(await partition.unchanged(ask)).toEqual({ status: "waiting" });
  await partition.look.del(partition.keys.inbox(0, unplaced));
  await stray(w2);
  await partition.evict(w2);
  expect(await partition.unchanged(ask)).toEqual({ status: "waiting" });
});

test("missing: what is in no inbox is buried once, and the conversation goes on (A18)", async () => {
  const { holding, entryIds } = await given("a", "b");
  await lose(entryIds[0]);
  const replies = await partition.twice(() => partition.partitions.missing(holding, 1));
  expect(replies).toEqual([{ status: "buried" }, { status: "settled" }]);
  expect(await partition.deadLetters()).toEqual([["missing", c1, "1", ""]]);
  expect(await partition.record(c1)).toMatchObject({ done: "1" });
});

test("missing: an entry of another life does not count as found", async () => {
  const { holding, entryIds } = await given("a");
  await lose(entryIds[0]);
  const other = `m 1 1.other 1.other ${c1}`;
  await partition.look.xadd(partition.keys.inbox(0, w1), "*", "h", other, "p", "old");
  expect(await partition.partitions.missing(holding, 1)).toEqual({ status: "buried" });
});

test("missing: what is not the head is early, and so is a seq that was never given", async () => {
  const { holding } = await given("a", "b");
  const ask = (seq: number) => partition.unchanged(() => partition.partitions.missing(holding, seq));
  expect(await ask(2)).toEqual({ status: "early" });
  await partition.settle(holding, { done: 2 });
  expect(await ask(2)).toEqual({ status: "settled" });
  expect(await ask(3)).toEqual({ status: "early" });
});

test("missing: another member, a former grant and a forgotten record are refused", async () => {
  const { holding } = await given("a");
  const refused = [
    { holding: { ...holding, member: w2 }, status: "stale" },
    { holding: { ...holding, grant: "1.other" }, status: "stale" },
    { holding: { ...holding, conversation: c2 }, status: "gone" },
  ];
  for (const { holding: other, status } of refused) {
    expect(await partition.unchanged(() => partition.partitions.missing(other, 1))).toEqual({ status });
  }
});

test("missing: runs when Redis is out of memory", async () => {
  const { holding, entryIds } = await given("a");
  await lose(entryIds[0]);
  const reply = await partition.outOfMemory(() => partition.partitions.missing(holding, 1));
  expect(reply).toEqual({ status: "buried" });
});
