import type { Holding } from "@dms/rules";
import { expect, test } from "vitest";
import { c1, c2, parties, session, w1, w2 } from "../testing/cast.ts";
import { usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();

async function settled(): Promise<Holding> {
  await partition.admit(w1, w2);
  await partition.give(c1, "a");
  const holding = await partition.holding(c1);
  await partition.partitions.open(holding, {
    previousChatId: "",
    handle: session("s1"),
    parties,
    partsShown: 0,
    appName: "",
  });
  const entryIds = (await partition.inbox(w1)).map(({ entryId }) => entryId);
  await partition.settle(holding, { done: 1, chatId: "s1", shown: 1, entryIds });
  return holding;
}

test("close: forgets the conversation and frees its place; again it is gone", async () => {
  const holding = await settled();
  const replies = await partition.twice(() => partition.partitions.close(holding, "s1"));
  expect(replies).toEqual([{ status: "closed" }, { status: "gone" }]);
  expect(await partition.record(c1)).toEqual({});
  expect(await partition.look.exists(partition.keys.owned(0, w1))).toBe(0);
  expect(await partition.loads()).toEqual({ [w1]: 0, [w2]: 0 });
});

test("close: a message that came meanwhile keeps the record: pending", async () => {
  const holding = await settled();
  await partition.give(c1, "b");
  const reply = await partition.unchanged(() => partition.partitions.close(holding, "s1"));
  expect(reply).toEqual({ status: "pending" });
});

test("close: another session than the record's is stale", async () => {
  const holding = await settled();
  for (const chatId of ["", "s0"]) {
    const reply = await partition.unchanged(() => partition.partitions.close(holding, chatId));
    expect(reply).toEqual({ status: "stale" });
  }
});

test("close: a record that never had a session is closed when all is settled (A15)", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  const holding = await partition.holding(c1);
  expect(await partition.partitions.close(holding, "")).toEqual({ status: "pending" });
  await partition.settle(holding, { done: 1 });
  expect(await partition.partitions.close(holding, "")).toEqual({ status: "closed" });
});

test("close: a late copy does not end the next life", async () => {
  const holding = await settled();
  await partition.partitions.close(holding, "s1");
  await partition.give(c1, "b");
  expect(await partition.record(c1)).toMatchObject({ seq: "1", done: "0" });
  const late = await partition.unchanged(() => partition.partitions.close(holding, "s1"));
  expect(late).toEqual({ status: "stale" });
});

test("close: another member, a former grant and a forgotten record are refused", async () => {
  const holding = await settled();
  const refused = [
    { holding: { ...holding, member: w2 }, status: "stale" },
    { holding: { ...holding, grant: "1.other" }, status: "stale" },
    { holding: { ...holding, conversation: c2 }, status: "gone" },
  ];
  for (const { holding: other, status } of refused) {
    expect(await partition.unchanged(() => partition.partitions.close(other, "s1"))).toEqual({ status });
  }
});

test("close: runs when Redis is out of memory", async () => {
  const holding = await settled();
  const reply = await partition.outOfMemory(() => partition.partitions.close(holding, "s1"));
  expect(reply).toEqual({ status: "closed" });
});
