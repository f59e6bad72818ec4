import { conversationId, unplaced } from "@dms/protocol";
import { expect, test } from "vitest";
import { c1, channel, w1, w2 } from "./testing/cast.ts";
import { usePartition } from "./testing/partition-fixture.ts";

// Traces in which a conversation's record ends and begins again while entries of the former life still lie about.

const partition = usePartition();
const neighbour = conversationId(channel, "neighbour");

async function entryLeftBehind(): Promise<string[]> {
  await partition.admit(w1);
  await partition.give(neighbour, "x");
  await partition.give(c1, "m1");
  await partition.admit(w2);
  // m1 was posted, w1 dies, and the leader stops after the conversations: m1's entry stays behind.
  await partition.evict(w1);
  const step = { count: 1, cause: "lease-ended", forget: false };
  for (let left = 2; left > 0; left--) await partition.partitions.rehome(await partition.lead(), w1, step);
  await partition.give(c1, "m2");
  const held = await partition.holding(c1);
  const own = (await partition.inbox(w2)).filter(({ conversation }) => conversation === c1);
  await partition.settle(held, { done: 2, entryIds: own.map(({ entryId }) => entryId) });
  await partition.partitions.close(held, "");
  await partition.give(c1, "m3");
  // The leader goes on: m1's entry has seq 1, as m3 has.
  await partition.rehome(w1);
  const messages = (await partition.inbox(w2)).filter(({ conversation }) => conversation === c1);
  return messages.map(({ payload }) => payload);
}

test("D4, A5 (entries carry their life): an entry left behind is not taken for the next life's first message", async () => {
  expect(await entryLeftBehind()).toEqual(["m3"]);
  const mutation = { transition: "rehome", rule: "(held[1] or held[3]) ~= life or ", otherwise: "" };
  expect(await partition.mutated([mutation], entryLeftBehind)).toEqual(["m3", "m1"]);
});

async function settledTwice(): Promise<number> {
  await partition.admit(w1);
  await partition.give(c1, "m1", "m2");
  const holding = await partition.holding(c1);
  const entryIds = (await partition.inbox(w1)).map(({ entryId }) => entryId);
  await partition.settle(holding, { done: 2, entryIds: entryIds.slice(1) });
  await partition.settle(holding, { done: 1, entryIds: entryIds.slice(0, 1) });
  await partition.partitions.close(holding, "");
  return (await partition.inbox(w1)).length;
}

test("D4, A4 (settle deletes what it names): an entry that was settled before does not outlive its conversation", async () => {
  expect(await settledTwice()).toBe(0);
  const rule = "if tonumber(done) > tonumber(held[3]) then return 'stale' end";
  const otherwise = `${rule} if tonumber(done) <= tonumber(done_before) then return 'kept' end`;
  expect(await partition.mutated([{ transition: "settle", rule, otherwise }], settledTwice)).toBe(1);
});

async function closedUnheard(): Promise<boolean> {
  await partition.admit(w1);
  await partition.give(c1, "m1");
  const memory = { ...(await partition.holding(c1)), done: 1 };
  const entryIds = (await partition.inbox(w1)).map(({ entryId }) => entryId);
  await partition.settle(memory, { done: 1, entryIds });
  // The reply of close is lost: the worker still holds done = 1 in memory.
  await partition.partitions.close(memory, "");
  await partition.give(c1, "m2");
  const [entry] = await partition.inbox(w1);
  if (entry === undefined) throw new Error("m2 is nowhere");
  const isOfAnotherGrant = entry.grant !== memory.grant;
  return !isOfAnotherGrant && entry.seq <= memory.done;
}

test("D12, A5 (each life has a grant of its own): after a lost reply of close no new message is dropped as old", async () => {
  expect(await closedUnheard()).toBe(false);
  const mutation = {
    transition: "accept",
    rule: "local grant = next_grant(nonce)",
    otherwise: "local grant = '1.same'",
  };
  expect(await partition.mutated([mutation], closedUnheard)).toBe(true);
});

async function acceptedWhileUnplaced(): Promise<string[]> {
  await partition.give(c1, "m1");
  await partition.admit(w1);
  await partition.give(c1, "m2");
  await partition.rehome(unplaced);
  return (await partition.inbox(w1)).filter(({ kind }) => kind === "message").map(({ payload }) => payload);
}

test("S19: what was accepted into unplaced after a member came is moved in order with the rest", async () => {
  expect(await acceptedWhileUnplaced()).toEqual(["m1", "m2"]);
});
