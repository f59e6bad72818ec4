import { systemRandom } from "@dms/runtime";
import { expect, test } from "vitest";
import { makeRegistry } from "../registry-store.ts";
import { card, d1, d2, w1, w2 } from "../testing/cast.ts";
import { leaseMs, usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();
const retentionMs = 3_600_000;

test("survey: an empty registry has no members and, on a known server, no barrier", async () => {
  expect(await partition.unchanged(() => partition.registry.survey())).toEqual({ barrierMs: 0, members: [] });
});

test("survey: another server stands behind a barrier of one longest lease, kept in Redis for all (A12)", async () => {
  await partition.setRun("run-2");
  expect(await partition.registry.survey()).toMatchObject({ barrierMs: leaseMs });
  await partition.passTime(1000);
  const again = await partition.unchanged(() => partition.registry.survey());
  expect(again).toMatchObject({ barrierMs: leaseMs - 1000 });
  await partition.passTime(leaseMs);
  expect(await partition.registry.survey()).toMatchObject({ barrierMs: 0 });
});

test("survey: a dead member stays visible for the retention and is then forgotten with its instance", async () => {
  await partition.registry.join(card(w1, { instance: "pod-1" }));
  await partition.passTime(leaseMs + retentionMs - 1);
  expect((await partition.registry.survey()).members).toHaveLength(1);
  await partition.passTime(1);
  expect((await partition.registry.survey()).members).toEqual([]);
  const left = Object.keys(await partition.dump()).filter((key) => key.startsWith(partition.keys.registry));
  expect(left).toEqual([`${partition.keys.registry}meta`]);
});

test("survey: forgetting a member leaves the instance to the member that has it now", async () => {
  await partition.registry.join(card(w1, { instance: "pod-1" }));
  await partition.registry.join(card(w2, { instance: "pod-1" }));
  await partition.passTime(retentionMs);
  await partition.look.zadd(`${partition.keys.registry}members`, partition.now + leaseMs, w2);
  expect((await partition.registry.survey()).members.map(({ member }) => member)).toEqual([w2]);
  expect(await partition.look.hgetall(`${partition.keys.registry}instances`)).toEqual({ "pod-1:worker": w2 });
});

test("survey: a member's channels are told as its card names them, null where it names none, and not of who has ended", async () => {
  const channels = Array.from({ length: 300 }, (_, i) => `channel-with-a-long-name-${i}`);
  await partition.registry.join(card(d1, { role: "dispatcher", channels }));
  await partition.registry.join(card(d2, { role: "dispatcher", channels: [] }));
  await partition.registry.join(card(w1));
  const told = async () =>
    Object.fromEntries((await partition.registry.survey()).members.map((view) => [view.member, view.channels]));
  expect(await told()).toEqual({ [d1]: channels, [d2]: [], [w1]: null });
  await partition.passTime(leaseMs);
  expect(await told()).toEqual({ [d1]: null, [d2]: null, [w1]: null });
});

test("survey: runs when Redis is out of memory", async () => {
  await partition.registry.join(card(w1));
  expect((await partition.outOfMemory(() => partition.registry.survey())).members).toHaveLength(1);
});

test("survey: after Redis's clock has stepped back a lease is no longer than its member's own, and ends", async () => {
  await partition.registry.join(card(w1));
  await partition.setTime(partition.now - 500_000);
  expect((await partition.registry.survey()).members).toMatchObject([{ leaseLeftMs: leaseMs }]);
  await partition.passTime(leaseMs);
  expect((await partition.registry.survey()).members).toMatchObject([{ leaseLeftMs: 0 }]);
});

test("survey: a lease of a member with a longer one than the dispatcher's is not cut", async () => {
  const { wire, keys, clock } = partition;
  const patient = makeRegistry({ wire, keys, clock, partitions: 1, leaseMs: 2 * leaseMs, random: systemRandom });
  await patient.join(card(w1));
  expect((await partition.registry.survey()).members).toMatchObject([{ leaseLeftMs: 2 * leaseMs }]);
});

test("survey: who left before Redis's clock stepped back has left all the same", async () => {
  await partition.registry.join(card(w1));
  await partition.registry.leave(w1, "left", "drained");
  await partition.setTime(partition.now - 500_000);
  expect((await partition.registry.survey()).members).toMatchObject([{ leaseLeftMs: 0, state: "left" }]);
});

test("survey: after Redis's clock has stepped back a barrier is one of a longest lease, and ends (A12)", async () => {
  await partition.setRun("run-2");
  await partition.registry.survey();
  await partition.setTime(partition.now - 500_000);
  expect(await partition.registry.survey()).toMatchObject({ barrierMs: leaseMs });
  await partition.passTime(leaseMs);
  expect(await partition.registry.survey()).toMatchObject({ barrierMs: 0 });
});
