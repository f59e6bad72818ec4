import type { MemberLoad } from "@dms/rules";
import { expect, test } from "vitest";
import { card, w1, w2 } from "../testing/cast.ts";
import { leaseMs, usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();
const load: MemberLoad = { state: "active", sessions: 3, pending: 7 };

test("beat: renews the lease and reports the load", async () => {
  await partition.registry.join(card(w1));
  await partition.passTime(leaseMs - 1);
  const replies = await partition.twice(() => partition.registry.beat(w1, load));
  expect(replies).toEqual([
    { status: "renewed", order: null },
    { status: "renewed", order: null },
  ]);
  const { members } = await partition.registry.survey();
  expect(members[0]).toMatchObject({ leaseLeftMs: leaseMs, state: "active", sessions: 3, pending: 7 });
});

test("beat: at the lease's end and after it, the member is evicted and nothing is renewed (A10)", async () => {
  await partition.registry.join(card(w1));
  await partition.passTime(leaseMs);
  const reply = await partition.unchanged(() => partition.registry.beat(w1, load));
  expect(reply).toEqual({ status: "evicted" });
});

test("beat: a member that left, was proved dead or is unknown is evicted", async () => {
  await partition.registry.join(card(w1));
  await partition.registry.leave(w1, "dead", "exit-137");
  for (const member of [w1, w2]) {
    expect(await partition.unchanged(() => partition.registry.beat(member, load))).toEqual({ status: "evicted" });
  }
});

test("beat: an order to shed is given once", async () => {
  await partition.registry.join(card(w1));
  await partition.registry.order(w1, { kind: "shed", conversations: 4 });
  const order = { kind: "shed", conversations: 4 };
  expect(await partition.registry.beat(w1, load)).toEqual({ status: "renewed", order });
  expect(await partition.registry.beat(w1, load)).toEqual({ status: "renewed", order: null });
});

test("beat: an order to drain is given until the member reports that it drains, so a lost reply loses nothing", async () => {
  await partition.registry.join(card(w1));
  await partition.registry.order(w1, { kind: "drain" });
  const replies = await partition.twice(() => partition.registry.beat(w1, load));
  expect(replies.map((reply) => reply.status === "renewed" && reply.order)).toEqual([
    { kind: "drain" },
    { kind: "drain" },
  ]);
  await partition.registry.beat(w1, { ...load, state: "draining" });
  expect(await partition.registry.beat(w1, load)).toEqual({ status: "renewed", order: null });
});

test("beat: runs when Redis is out of memory", async () => {
  await partition.registry.join(card(w1));
  const reply = await partition.outOfMemory(() => partition.registry.beat(w1, load));
  expect(reply).toMatchObject({ status: "renewed" });
});
