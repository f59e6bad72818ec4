import { expect, test } from "vitest";
import { card, w1, w2 } from "../testing/cast.ts";
import { leaseMs, usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();

test("leave: ends the lease now and says why, once", async () => {
  await partition.registry.join(card(w1));
  const replies = await partition.twice(() => partition.registry.leave(w1, "left", "drained"));
  expect(replies).toEqual([{ status: "ended" }, { status: "unknown" }]);
  const { members } = await partition.registry.survey();
  expect(members[0]).toMatchObject({ leaseLeftMs: 0, state: "left", cause: "drained" });
});

test("leave: an unknown member, and one whose lease had ended, are unknown and nothing changes", async () => {
  await partition.registry.join(card(w1));
  await partition.passTime(leaseMs);
  for (const member of [w1, w2]) {
    const reply = await partition.unchanged(() => partition.registry.leave(member, "dead", "exit-1"));
    expect(reply).toEqual({ status: "unknown" });
  }
});

test("leave: runs when Redis is out of memory", async () => {
  await partition.registry.join(card(w1));
  const reply = await partition.outOfMemory(() => partition.registry.leave(w1, "dead", "exit-1"));
  expect(reply).toEqual({ status: "ended" });
});
