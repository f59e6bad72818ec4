import { conversationId } from "@dms/protocol";
import { expect, test } from "vitest";
import { c1, card, channel, d1, d2, w1, w2 } from "./testing/cast.ts";
import { leaseMs, usePartition } from "./testing/partition-fixture.ts";

// Traces about who may act: leases, tokens, barriers, tombstones. Each runs again without its amendment.

const partition = usePartition();
const load = { state: "active", sessions: 0, pending: 0 } as const;
const death = { waitMs: 0, cause: "lease-ended" };

async function sameName(): Promise<number | undefined> {
  await partition.registry.join(card(w1, { name: "worker" }));
  await partition.registry.join(card(w2, { name: "worker" }));
  const { members } = await partition.registry.survey();
  return members.find(({ member }) => member === w1)?.leaseLeftMs;
}

test("D9, A10 (a name is no proof of death): a second process of the same name does not end the first one's lease", async () => {
  expect(await sameName()).toBe(leaseMs);
  const mutations = [
    { transition: "join", rule: "if ARGV[3] ~= '' then", otherwise: "if true then" },
    { transition: "join", rule: "local slot = ARGV[3]", otherwise: "local slot = ARGV[6]" },
  ];
  expect(await partition.mutated(mutations, sameName)).toBe(0);
});

async function beatAfterTheEnd(): Promise<string> {
  await partition.registry.join(card(w1));
  await partition.admit(w1);
  await partition.passTime(leaseMs);
  // The leader has seen the ended lease and is about to evict; the beat comes in between.
  const { status } = await partition.registry.beat(w1, load);
  await partition.evict(w1);
  return status;
}

test("S5, A10 (an ended lease is never renewed): no member trusts a lease while it is being evicted", async () => {
  expect(await beatAfterTheEnd()).toBe("evicted");
  const rule = " or tonumber(until_ms) <= now then return { 'evicted' }";
  const mutation = { transition: "beat", rule, otherwise: " then return { 'evicted' }" };
  expect(await partition.mutated([mutation], beatAfterTheEnd)).toBe("renewed");
});

async function lostBeats(): Promise<{ isTrusted: boolean; eviction: string; barrierMs: number }> {
  await partition.registry.join(card(w1));
  await partition.admit(w1);
  const tail = await partition.snapshot();
  await partition.passTime(leaseMs - 100);
  await partition.registry.beat(w1, load);
  const trustedUntil = partition.now + leaseMs;
  await partition.rollBack(tail);
  await partition.setRun("run-2");
  await partition.passTime(200);
  const leadership = await partition.lead();
  const { barrierMs } = await partition.registry.survey();
  const { status } = await partition.partitions.evict(leadership, w1, death);
  return { isTrusted: partition.now < trustedUntil, eviction: status, barrierMs };
}

test("S6, A12 (a new server stands behind a barrier): beats that a fail-over lost evict nobody who still trusts them", async () => {
  expect(await lostBeats()).toEqual({ isTrusted: true, eviction: "barrier", barrierMs: leaseMs });
  const mutations = [
    { transition: "lead", rule: "if held[4] ~= run then", otherwise: "if false then" },
    { transition: "survey", rule: "if meta[1] ~= run then", otherwise: "if false then" },
  ];
  const without = await partition.mutated(mutations, lostBeats);
  expect(without).toEqual({ isTrusted: true, eviction: "evicted", barrierMs: 0 });
});

async function sameNumberTwice(): Promise<string> {
  const tail = await partition.snapshot();
  const first = await partition.partitions.lead(0, d1, null);
  await partition.rollBack(tail);
  await partition.partitions.lead(0, d2, null);
  if (first.status !== "held") throw new Error("the first lease was not free");
  const leadership = { partition: 0, holder: d1, token: first.token };
  return (await partition.partitions.admit(leadership, w1, "active")).status;
}

test("S9, A12 (holder and token are compared): after a fail-over two leaders never pass for one another", async () => {
  expect(await sameNumberTwice()).toBe("unheld");
  const holder = { transition: "admit", rule: "lease[1] == holder and ", otherwise: "" };
  const nonce = { transition: "lead", rule: "token = n .. '.' .. ARGV[4]", otherwise: "token = tostring(n)" };
  expect(await partition.mutated([holder], sameNumberTwice)).toBe("unheld");
  expect(await partition.mutated([nonce], sameNumberTwice)).toBe("unheld");
  expect(await partition.mutated([holder, nonce], sameNumberTwice)).toBe("admitted");
});

async function lateAdmit(): Promise<string | undefined> {
  await partition.admit(w1, w2);
  await partition.give(conversationId(channel, "first"), "x");
  await partition.failOver(w1);
  await partition.partitions.admit(await partition.lead(), w1, "active");
  await partition.give(c1, "m1");
  return (await partition.record(c1))["owner"];
}

test("S22 (evicted members have tombstones): a late admit does not place conversations on a dead member", async () => {
  expect(await lateAdmit()).toBe(w2);
  const rule = "if string.sub(known, 1, 7) == 'evicted' then return { 'evicted' } end";
  expect(await partition.mutated([{ transition: "admit", rule, otherwise: "" }], lateAdmit)).toBe(w1);
});
