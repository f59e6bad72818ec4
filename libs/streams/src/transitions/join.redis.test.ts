import { expect, test } from "vitest";
import { card, d1, w1, w2 } from "../testing/cast.ts";
import { leaseMs, usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();

const leaseLeft = async (member: string): Promise<number | undefined> =>
  (await partition.registry.survey()).members.find((view) => view.member === member)?.leaseLeftMs;

test("join: a member is registered with its card and has a lease", async () => {
  const [first, second] = await partition.twice(() => partition.registry.join(card(w1)));
  expect([first, second]).toEqual([{ status: "joined" }, { status: "joined" }]);
  const { members } = await partition.registry.survey();
  expect(members).toEqual([
    {
      member: w1,
      leaseLeftMs: leaseMs,
      role: "worker",
      state: "active",
      cause: "",
      sessions: 0,
      capacity: 100,
      pending: 0,
      channels: null,
    },
  ]);
});

test("join: a member whose lease has ended never comes back, nor does one that left (A10)", async () => {
  await partition.registry.join(card(w1));
  await partition.registry.join(card(w2));
  await partition.registry.leave(w2, "left", "drained");
  await partition.passTime(leaseMs);
  for (const gone of [w1, w2]) {
    const reply = await partition.unchanged(() => partition.registry.join(card(gone)));
    expect(reply).toEqual({ status: "evicted" });
  }
});

test("join: the same instance and role proves the former member dead at once (A10)", async () => {
  await partition.registry.join(card(w1, { instance: "pod-1" }));
  await partition.registry.join(card(w2, { instance: "pod-1" }));
  expect(await leaseLeft(w1)).toBe(0);
  expect(await leaseLeft(w2)).toBe(leaseMs);
  const { members } = await partition.registry.survey();
  expect(members.find(({ member }) => member === w1)).toMatchObject({ state: "dead", cause: "same-instance" });
});

test("join: a late copy of the former member's join does not end the new member's lease", async () => {
  await partition.registry.join(card(w1, { instance: "pod-1" }));
  await partition.registry.join(card(w2, { instance: "pod-1" }));
  const late = await partition.unchanged(() => partition.registry.join(card(w1, { instance: "pod-1" })));
  expect(late).toEqual({ status: "evicted" });
});

test("join: neither the same name, nor another role of the instance, nor no instance ends a lease", async () => {
  await partition.registry.join(card(w1, { instance: "pod-1", name: "worker" }));
  await partition.registry.join(card(d1, { instance: "pod-1", role: "dispatcher" }));
  await partition.registry.join(card(w2, { name: "worker" }));
  expect(await leaseLeft(w1)).toBe(leaseMs);
});

test("join: a former member whose lease has ended keeps the cause it has", async () => {
  await partition.registry.join(card(w1, { instance: "pod-1" }));
  await partition.registry.leave(w1, "dead", "exit-137");
  await partition.passTime(1);
  await partition.registry.join(card(w2, { instance: "pod-1" }));
  const { members } = await partition.registry.survey();
  expect(members.find(({ member }) => member === w1)).toMatchObject({ leaseLeftMs: -1, cause: "exit-137" });
});

test("join: runs when Redis is out of memory", async () => {
  expect(await partition.outOfMemory(() => partition.registry.join(card(w1)))).toEqual({ status: "joined" });
});
