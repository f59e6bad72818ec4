import { expect, test } from "vitest";
import { c1, c2, c3, d2, w1, w2 } from "../testing/cast.ts";
import { leaseMs, usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();

const states = (): Promise<Record<string, string>> => partition.look.hgetall(`${partition.prefix}workers`);

test("admit: an active member is placeable; again changes nothing", async () => {
  const leadership = await partition.lead();
  const replies = await partition.twice(() => partition.partitions.admit(leadership, w1, "active"));
  expect(replies).toEqual([{ status: "admitted" }, { status: "admitted" }]);
  expect(await states()).toEqual({ [w1]: "active" });
  expect(await partition.loads()).toEqual({ [w1]: 0 });
});

test("admit: a draining or full member keeps what it has and is not placeable", async () => {
  await partition.admit(w1, w2);
  await partition.give(c1, "a");
  const leadership = await partition.lead();
  for (const state of ["draining", "full"] as const) {
    await partition.twice(() => partition.partitions.admit(leadership, w1, state));
    expect(await states()).toMatchObject({ [w1]: state });
    expect(await partition.loads()).toEqual({ [w2]: 0 });
    expect(await partition.record(c1)).toMatchObject({ owner: w1 });
  }
});

test("admit: a member that is active again is placed by the sessions that it has", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  await partition.give(c2, "a");
  const leadership = await partition.lead();
  await partition.partitions.admit(leadership, w1, "full");
  await partition.partitions.admit(leadership, w1, "active");
  expect(await partition.loads()).toEqual({ [w1]: 2 });
  await partition.partitions.admit(leadership, w2, "active");
  await partition.give(c3, "a");
  expect(await partition.record(c3)).toMatchObject({ owner: w2 });
});

test("admit: an evicted member never comes back", async () => {
  await partition.admit(w1);
  await partition.evict(w1);
  const leadership = await partition.lead();
  for (const state of ["active", "draining", "full"] as const) {
    const reply = await partition.unchanged(() => partition.partitions.admit(leadership, w1, state));
    expect(reply).toEqual({ status: "evicted" });
  }
});

test("admit: without the lease, with another token or after its end, nothing changes: unheld (A12)", async () => {
  const leadership = await partition.lead();
  const { partitions } = partition;
  for (const other of [
    { ...leadership, holder: d2 },
    { ...leadership, token: "1.other" },
  ]) {
    expect(await partition.unchanged(() => partitions.admit(other, w1, "active"))).toEqual({ status: "unheld" });
  }
  await partition.passTime(leaseMs);
  expect(await partition.unchanged(() => partitions.admit(leadership, w1, "active"))).toEqual({ status: "unheld" });
});

test("admit: runs when Redis is out of memory", async () => {
  const leadership = await partition.lead();
  const reply = await partition.outOfMemory(() => partition.partitions.admit(leadership, w1, "active"));
  expect(reply).toEqual({ status: "admitted" });
});
