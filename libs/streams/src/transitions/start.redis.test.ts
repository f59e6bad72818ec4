import { expect, test } from "vitest";
import { c1, c2, w1, w2, w3 } from "../testing/cast.ts";
import { usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();

test("start: run twice by one owner, it is one delivery", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  const holding = await partition.holding(c1);
  const replies = await partition.twice(() => partition.partitions.start(holding, { seq: 1, isSurvived: false }));
  expect(replies).toEqual([
    { status: "started", deliveries: 1 },
    { status: "started", deliveries: 1 },
  ]);
});

test("start: each owner that starts the same head is one more delivery, and the next head counts anew (A17)", async () => {
  await partition.admit(w1, w2, w3);
  await partition.give(c1, "a", "b");
  const deliveries = [];
  for (const owner of [w1, w2, w3]) {
    const holding = await partition.holding(c1);
    expect(holding.member).toBe(owner);
    deliveries.push(await partition.partitions.start(holding, { seq: 1, isSurvived: false }));
    if (owner !== w3) await partition.failOver(owner);
  }
  expect(deliveries).toEqual([1, 2, 3].map((count) => ({ status: "started", deliveries: count })));
  const holding = await partition.holding(c1);
  await partition.settle(holding, { done: 1 });
  expect(await partition.partitions.start(holding, { seq: 2, isSurvived: false })).toEqual({
    status: "started",
    deliveries: 1,
  });
});

test("start: a delivery whose worker lives is taken back, once, and counts again with the next try", async () => {
  await partition.admit(w1, w2);
  await partition.give(c1, "a");
  const first = await partition.holding(c1);
  await partition.partitions.start(first, { seq: 1, isSurvived: false });
  await partition.failOver(w1);
  const holding = await partition.holding(c1);
  const begin = () => partition.partitions.start(holding, { seq: 1, isSurvived: false });
  const survive = () => partition.twice(() => partition.partitions.start(holding, { seq: 1, isSurvived: true }));
  expect(await begin()).toEqual({ status: "started", deliveries: 2 });
  const takenBack = { status: "started", deliveries: 1 };
  expect(await survive()).toEqual([takenBack, takenBack]);
  expect(await begin()).toEqual({ status: "started", deliveries: 2 });
  expect(await survive()).toEqual([takenBack, takenBack]);
});

test("start: nothing is taken back of a head that nobody started", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  const holding = await partition.holding(c1);
  const reply = await partition.unchanged(() => partition.partitions.start(holding, { seq: 1, isSurvived: true }));
  expect(reply).toEqual({ status: "started", deliveries: 0 });
});

test("start: what is not the head is stale", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a", "b");
  const holding = await partition.holding(c1);
  expect(await partition.unchanged(() => partition.partitions.start(holding, { seq: 2, isSurvived: false }))).toEqual({
    status: "stale",
  });
  await partition.settle(holding, { done: 1 });
  expect(await partition.unchanged(() => partition.partitions.start(holding, { seq: 1, isSurvived: false }))).toEqual({
    status: "stale",
  });
});

test("start: another member, a former grant and a forgotten record are refused", async () => {
  await partition.admit(w1, w2);
  await partition.give(c1, "a");
  const holding = await partition.holding(c1);
  const refused = [
    { holding: { ...holding, member: w2 }, status: "stale" },
    { holding: { ...holding, grant: "1.other" }, status: "stale" },
    { holding: { ...holding, conversation: c2 }, status: "gone" },
  ];
  for (const { holding: other, status } of refused) {
    expect(await partition.unchanged(() => partition.partitions.start(other, { seq: 1, isSurvived: false }))).toEqual({
      status,
    });
  }
});

test("start: runs when Redis is out of memory", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  const holding = await partition.holding(c1);
  const reply = await partition.outOfMemory(() => partition.partitions.start(holding, { seq: 1, isSurvived: false }));
  expect(reply).toEqual({ status: "started", deliveries: 1 });
});
