import type { LeaseReply } from "@dms/rules";
import { expect, test } from "vitest";
import { channel, d1, d2 } from "../testing/cast.ts";
import { leaseMs, usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();

function tokenOf(reply: LeaseReply): string {
  if (reply.status !== "held") throw new Error(`the lease is ${reply.holder}'s`);
  return reply.token;
}

test("lead: a free lease is the caller's, anybody else is told who holds it", async () => {
  const taken = await partition.partitions.lead(0, d1, null);
  expect(taken).toEqual({ status: "held", token: expect.stringMatching(/^1\.\w+$/), barrierMs: 0 });
  const refused = await partition.unchanged(() => partition.partitions.lead(0, d2, null));
  expect(refused).toEqual({ status: "other", holder: d1 });
  const stolen = await partition.unchanged(() => partition.partitions.lead(0, d2, tokenOf(taken)));
  expect(stolen).toEqual({ status: "other", holder: d1 });
});

test("lead: taking twice answers the lease that the first run took, so a lost reply costs nothing", async () => {
  const [first, second] = await partition.twice(() => partition.partitions.lead(0, d1, null));
  expect(second).toEqual(first);
});

test("lead: renewing with the token keeps the token and runs the lease anew", async () => {
  const token = tokenOf(await partition.partitions.lead(0, d1, null));
  await partition.passTime(leaseMs - 1);
  const [first, second] = await partition.twice(() => partition.partitions.lead(0, d1, token));
  expect([tokenOf(first), tokenOf(second)]).toEqual([token, token]);
  await partition.passTime(leaseMs - 1);
  expect(await partition.partitions.lead(0, d2, null)).toEqual({ status: "other", holder: d1 });
});

test("lead: a wrong token renews nothing, though the holder is the same (A12)", async () => {
  await partition.partitions.lead(0, d1, null);
  const reply = await partition.unchanged(() => partition.partitions.lead(0, d1, "1.other"));
  expect(reply).toEqual({ status: "other", holder: d1 });
});

test("lead: a lease that has ended is free for all, and whoever had it gets a new token", async () => {
  const token = tokenOf(await partition.partitions.lead(0, d1, null));
  await partition.passTime(leaseMs);
  const again = tokenOf(await partition.partitions.lead(0, d1, token));
  expect(again).not.toBe(token);
  expect(again).toMatch(/^2\./);
  await partition.passTime(leaseMs);
  expect(await partition.partitions.lead(0, d2, null)).toMatchObject({ status: "held" });
});

test("lead: released, the lease is free at once; releasing twice or by a stranger changes nothing", async () => {
  const token = tokenOf(await partition.partitions.lead(0, d1, null));
  await partition.unchanged(() => partition.partitions.release(0, d2, token));
  await partition.unchanged(() => partition.partitions.release(0, d1, "1.other"));
  await partition.twice(() => partition.partitions.release(0, d1, token));
  expect(await partition.partitions.lead(0, d2, null)).toMatchObject({ status: "held" });
});

test("lead: a new server stands behind a barrier, also for a caller that does not hold the lease (A12)", async () => {
  const token = tokenOf(await partition.partitions.lead(0, d1, null));
  await partition.setRun("run-2");
  await partition.partitions.lead(0, d2, null);
  await partition.passTime(1000);
  const [reply, again] = await partition.twice(() => partition.partitions.lead(0, d1, token));
  expect([reply, again]).toMatchObject([{ barrierMs: leaseMs - 1000 }, { barrierMs: leaseMs - 1000 }]);
});

test("lead: the barrier outlives a change of leaders (A12)", async () => {
  await partition.setRun("run-2");
  const token = tokenOf(await partition.partitions.lead(0, d1, null));
  await partition.partitions.release(0, d1, token);
  await partition.passTime(500);
  expect(await partition.partitions.lead(0, d2, null)).toMatchObject({ status: "held", barrierMs: leaseMs - 500 });
});

test("lead: channels' fetch leases are apart from each other and from the leader's", async () => {
  const { registry } = partition;
  const token = tokenOf(await registry.leadFetch(channel, d1, null));
  expect(await registry.leadFetch("sms", d2, null)).toMatchObject({ status: "held" });
  expect(await registry.leadFetch(channel, d2, null)).toEqual({ status: "other", holder: d1 });
  expect(await partition.partitions.lead(0, d2, null)).toMatchObject({ status: "held" });
  await registry.releaseFetch(channel, d1, token);
  expect(await registry.leadFetch(channel, d2, null)).toMatchObject({ status: "held" });
});

test("lead: runs when Redis is out of memory", async () => {
  const reply = await partition.outOfMemory(() => partition.partitions.lead(0, d1, null));
  expect(reply).toMatchObject({ status: "held" });
});

test("lead: after Redis's clock has stepped back the lease of a holder that is gone lasts one longest lease more", async () => {
  await partition.partitions.lead(0, d1, null);
  await partition.setTime(partition.now - 500_000);
  expect(await partition.partitions.lead(0, d2, null)).toEqual({ status: "other", holder: d1 });
  await partition.passTime(leaseMs);
  expect(await partition.partitions.lead(0, d2, null)).toMatchObject({ status: "held" });
});

test("lead: after Redis's clock has stepped back a barrier is one of a longest lease, and ends (A12)", async () => {
  await partition.setRun("run-2");
  const token = tokenOf(await partition.partitions.lead(0, d1, null));
  await partition.setTime(partition.now - 500_000);
  expect(await partition.partitions.lead(0, d1, token)).toMatchObject({ barrierMs: leaseMs });
  await partition.passTime(leaseMs);
  expect(await partition.partitions.lead(0, d1, null)).toMatchObject({ status: "held", barrierMs: 0 });
});
