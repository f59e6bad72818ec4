import { expect, test } from "vitest";
import { card, w1, w2 } from "../testing/cast.ts";
import { leaseMs, usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();

test("order: is stored for the next beat; a later order takes the place of an earlier one", async () => {
  await partition.registry.join(card(w1));
  await partition.twice(() => partition.registry.order(w1, { kind: "drain" }));
  expect(await partition.registry.order(w1, { kind: "shed", conversations: 2 })).toEqual({ status: "ordered" });
  const beat = await partition.registry.beat(w1, { state: "active", sessions: 0, pending: 0 });
  expect(beat).toEqual({ status: "renewed", order: { kind: "shed", conversations: 2 } });
});

test("order: a member without a lease is unknown and nothing is stored", async () => {
  await partition.registry.join(card(w1));
  await partition.passTime(leaseMs);
  for (const member of [w1, w2]) {
    const reply = await partition.unchanged(() => partition.registry.order(member, { kind: "drain" }));
    expect(reply).toEqual({ status: "unknown" });
  }
});

test("order: runs when Redis is out of memory", async () => {
  await partition.registry.join(card(w1));
  const reply = await partition.outOfMemory(() => partition.registry.order(w1, { kind: "drain" }));
  expect(reply).toEqual({ status: "ordered" });
});
