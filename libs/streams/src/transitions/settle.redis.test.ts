import type { Holding } from "@dms/rules";
import { expect, test } from "vitest";
import { c1, c2, c3, parties, session, w1, w2 } from "../testing/cast.ts";
import { usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();

async function given(...payloads: string[]): Promise<{ holding: Holding; entryIds: string[] }> {
  await partition.admit(w1, w2);
  await partition.give(c1, ...payloads);
  const entryIds = (await partition.inbox(w1)).map(({ entryId }) => entryId);
  return { holding: await partition.holding(c1), entryIds };
}

const open = (holding: Holding, chatId: string, previousChatId = "") =>
  partition.partitions.open(holding, { previousChatId, handle: session(chatId), parties, partsShown: 0, appName: "" });

test("settle: done and shown move up and the named entries go; again changes nothing", async () => {
  const { holding, entryIds } = await given("a", "b", "c");
  await open(holding, "s1");
  const settled = { done: 2, chatId: "s1", shown: 3, entryIds: entryIds.slice(0, 2) };
  expect(await partition.twice(() => partition.settle(holding, settled))).toEqual(["ok", "ok"]);
  expect(await partition.record(c1)).toMatchObject({ done: "2", shown: "3", seq: "3" });
  expect((await partition.inbox(w1)).map(({ payload }) => payload)).toEqual(["c"]);
});

test("settle: a late copy never lowers done or shown, and deletes its entries all the same (A4)", async () => {
  const { holding, entryIds } = await given("a", "b");
  await open(holding, "s1");
  await partition.settle(holding, { done: 2, chatId: "s1", shown: 2, entryIds: entryIds.slice(1) });
  await partition.settle(holding, { done: 1, chatId: "s1", shown: 1, entryIds: entryIds.slice(0, 1) });
  expect(await partition.record(c1)).toMatchObject({ done: "2", shown: "2" });
  expect(await partition.inbox(w1)).toEqual([]);
});

test("settle: a count of an earlier session does not raise the present one's (A6)", async () => {
  const { holding } = await given("a", "b");
  await open(holding, "s1");
  await open(holding, "s2", "s1");
  expect(await partition.settle(holding, { done: 1, chatId: "s1", shown: 5 })).toBe("ok");
  expect(await partition.record(c1)).toMatchObject({ done: "1", shown: "0" });
});

test("settle: what counts messages that were never given here is stale, and nothing of it is taken", async () => {
  const { holding, entryIds } = await given("a");
  await open(holding, "s1");
  expect(await partition.settle(holding, { done: 9, chatId: "s1", shown: 9, entryIds })).toBe("stale");
  expect(await partition.record(c1)).toMatchObject({ done: "0", seq: "1", shown: "0" });
  expect(await partition.look.xlen(partition.keys.inbox(0, w1))).toBe(1);
});

test("settle: a settled head is neither started nor suspect any more", async () => {
  await given("a");
  await partition.failOver(w1);
  const holding = await partition.holding(c1);
  await partition.partitions.start(holding, { seq: 1, isSurvived: false });
  expect(await partition.record(c1)).toHaveProperty("suspect");
  await partition.settle(holding, { done: 1 });
  expect(await partition.record(c1)).not.toHaveProperty("suspect");
  expect(await partition.record(c1)).not.toHaveProperty("started");
});

test("settle: a suspect head that was settled without a start is not suspect any more", async () => {
  await given("a");
  await partition.failOver(w1);
  await partition.settle(await partition.holding(c1), { done: 1 });
  expect(await partition.record(c1)).not.toHaveProperty("suspect");
});

test("settle: what is not the caller's is stale or gone, its entries stay, and its neighbours are settled", async () => {
  const { holding, entryIds } = await given("a");
  await partition.give(c2, "b");
  const other = await partition.holding(c2);
  const none = { done: 1, session: { chatId: "", shown: 0 } };
  const [otherEntry] = await partition.inbox(w2);
  const settlements = [
    { conversation: c2, grant: other.grant, entryIds: [otherEntry?.entryId ?? ""], ...none },
    { conversation: c3, grant: "1.other", entryIds, ...none },
    { conversation: c1, grant: "1.other", entryIds, ...none },
    { conversation: c1, grant: holding.grant, entryIds: [], ...none },
  ];
  const replies = await partition.twice(() => partition.partitions.settle(0, w1, settlements));
  expect(replies).toEqual([
    ["stale", "gone", "stale", "ok"],
    ["stale", "gone", "stale", "ok"],
  ]);
  expect(await partition.inbox(w1)).toHaveLength(1);
  expect(await partition.inbox(w2)).toHaveLength(1);
  expect([(await partition.record(c1))["done"], (await partition.record(c2))["done"]]).toEqual(["1", "0"]);
});

test("settle: ten thousand entries of one conversation are settled in one call", async () => {
  await partition.admit(w1);
  await partition.give(c1, ...Array.from({ length: 10_000 }, () => "x"));
  const entryIds = (await partition.inbox(w1)).map(({ entryId }) => entryId);
  expect(await partition.settle(await partition.holding(c1), { done: 10_000, entryIds })).toBe("ok");
  expect(await partition.inbox(w1)).toEqual([]);
});

test("settle: runs when Redis is out of memory", async () => {
  const { holding, entryIds } = await given("a");
  expect(await partition.outOfMemory(() => partition.settle(holding, { done: 1, entryIds }))).toBe("ok");
  expect(await partition.inbox(w1)).toEqual([]);
});
