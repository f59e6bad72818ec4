import { expect, test } from "vitest";
import { c1, c2, d2, w1, w2 } from "../testing/cast.ts";
import { leaseMs, usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();
const death = { waitMs: 1500, cause: "lease-ended" };

test("evict: the member is out of placement and keeps what it has until it is rehomed; again changes nothing", async () => {
  await partition.admit(w1, w2);
  await partition.give(c1, "a");
  const leadership = await partition.lead();
  const replies = await partition.twice(() => partition.partitions.evict(leadership, w1, death));
  expect(replies).toEqual([{ status: "evicted" }, { status: "evicted" }]);
  expect(await partition.record(c1)).toMatchObject({ owner: w1 });
  await partition.give(c2, "b");
  expect(await partition.record(c2)).toMatchObject({ owner: w2 });
});

test("evict: a later eviction does not lengthen the wait that the first one began", async () => {
  await partition.admit(w1);
  const leadership = await partition.lead();
  await partition.partitions.evict(leadership, w1, death);
  await partition.passTime(1000);
  await partition.unchanged(() => partition.partitions.evict(leadership, w1, death));
});

test("evict: a member that was never admitted cannot come in any more (A10)", async () => {
  const leadership = await partition.lead();
  await partition.partitions.evict(leadership, w1, death);
  expect(await partition.partitions.admit(leadership, w1, "active")).toEqual({ status: "evicted" });
});

test("evict: behind the barrier nobody is evicted, and the answer says for how long (A12)", async () => {
  await partition.admit(w1);
  await partition.setRun("run-2");
  const leadership = await partition.lead();
  await partition.passTime(1000);
  const reply = await partition.unchanged(() => partition.partitions.evict(leadership, w1, death));
  expect(reply).toEqual({ status: "barrier", barrierMs: leaseMs - 1000 });
  await partition.lead();
  await partition.passTime(leaseMs - 1000);
  expect(await partition.partitions.evict(leadership, w1, death)).toEqual({ status: "evicted" });
});

test("evict: without the lease, with another token or after its end, nothing changes: unheld (A12)", async () => {
  await partition.admit(w1);
  const leadership = await partition.lead();
  const { partitions } = partition;
  for (const other of [
    { ...leadership, holder: d2 },
    { ...leadership, token: "1.other" },
  ]) {
    expect(await partition.unchanged(() => partitions.evict(other, w1, death))).toEqual({ status: "unheld" });
  }
  await partition.passTime(leaseMs);
  expect(await partition.unchanged(() => partitions.evict(leadership, w1, death))).toEqual({ status: "unheld" });
});

test("evict: runs when Redis is out of memory", async () => {
  await partition.admit(w1);
  const leadership = await partition.lead();
  const reply = await partition.outOfMemory(() => partition.partitions.evict(leadership, w1, death));
  expect(reply).toEqual({ status: "evicted" });
});
