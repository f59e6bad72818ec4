import { expect, test } from "vitest";
import { c1, c2, parties, session, w1, w2 } from "../testing/cast.ts";
import { usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();
const first = { previousChatId: "", handle: session("s1"), parties, partsShown: 0, appName: "" };
const second = { previousChatId: "s1", handle: session("s2"), parties, partsShown: 0, appName: "" };

test("open: stores the first session's handle with counts of 0, and again changes nothing", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  const holding = await partition.holding(c1);
  const replies = await partition.twice(() => partition.partitions.open(holding, first));
  expect(replies).toEqual([{ status: "opened" }, { status: "opened" }]);
  expect(await partition.record(c1)).toMatchObject({ chat: "s1", key: "key-s1", shown: "0", answered: "0" });
});

test("open: running again after the session was used leaves its counts as they are (A6)", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  const holding = await partition.holding(c1);
  await partition.partitions.open(holding, first);
  await partition.settle(holding, { done: 1, chatId: "s1", shown: 1 });
  const late = await partition.unchanged(() => partition.partitions.open(holding, first));
  expect(late).toEqual({ status: "opened" });
});

test("open: the next session starts counting anew; a late copy of the first is stale", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  const holding = await partition.holding(c1);
  await partition.partitions.open(holding, first);
  await partition.settle(holding, { done: 1, chatId: "s1", shown: 1 });
  expect(await partition.partitions.open(holding, second)).toEqual({ status: "opened" });
  expect(await partition.record(c1)).toMatchObject({ chat: "s2", shown: "0", answered: "0", done: "1" });
  const late = await partition.unchanged(() => partition.partitions.open(holding, first));
  expect(late).toEqual({ status: "stale" });
});

test("open: what former sessions showed of the head lies in the record until the head is settled", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a", "b");
  const holding = await partition.holding(c1);
  await partition.partitions.open(holding, first);
  expect(await partition.record(c1)).not.toHaveProperty("parts");
  await partition.partitions.open(holding, { ...second, partsShown: 2 });
  expect(await partition.record(c1)).toMatchObject({ chat: "s2", parts: "2" });
  await partition.settle(holding, { done: 1, chatId: "s2", shown: 1 });
  expect(await partition.record(c1)).not.toHaveProperty("parts");
});

test("open: whom the user data names lies in the record, can be changed in the same session, and goes with it", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  const holding = await partition.holding(c1);
  await partition.partitions.open(holding, { ...first, appName: "DMS_1" });
  expect(await partition.record(c1)).toMatchObject({ app: "DMS_1" });
  const named = await partition.twice(() => partition.partitions.open(holding, { ...first, appName: "DMS_2" }));
  expect(named).toEqual([{ status: "opened" }, { status: "opened" }]);
  expect(await partition.record(c1)).toMatchObject({ app: "DMS_2", chat: "s1" });
  await partition.partitions.open(holding, second);
  expect(await partition.record(c1)).not.toHaveProperty("app");
});

test("open: another previous session than the record's is stale", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  const holding = await partition.holding(c1);
  expect(await partition.unchanged(() => partition.partitions.open(holding, second))).toEqual({ status: "stale" });
});

test("open: another member, a former grant and a forgotten record are refused", async () => {
  await partition.admit(w1, w2);
  await partition.give(c1, "a");
  const holding = await partition.holding(c1);
  const { partitions } = partition;
  const refused = [
    { holding: { ...holding, member: w2 }, status: "stale" },
    { holding: { ...holding, grant: "1.other" }, status: "stale" },
    { holding: { ...holding, conversation: c2 }, status: "gone" },
  ];
  for (const { holding: other, status } of refused) {
    expect(await partition.unchanged(() => partitions.open(other, first))).toEqual({ status });
  }
});

test("open: runs when Redis is out of memory", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  const holding = await partition.holding(c1);
  expect(await partition.outOfMemory(() => partition.partitions.open(holding, first))).toEqual({ status: "opened" });
});
