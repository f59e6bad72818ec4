import type { ConversationRecord, Holding } from "@dms/rules";
import { expect, test } from "vitest";
import { c1, parties, session, w1, w2 } from "./testing/cast.ts";
import { usePartition } from "./testing/partition-fixture.ts";

// Traces about what a record counts: posts shown, replies answered, messages done. Each runs again without its amendment.

const partition = usePartition();

async function opened(...payloads: string[]): Promise<{ holding: Holding; entryIds: string[] }> {
  await partition.admit(w1, w2);
  await partition.give(c1, ...payloads);
  const holding = await partition.holding(c1);
  await open(holding, "", "s1");
  return { holding, entryIds: (await partition.inbox(w1)).map(({ entryId }) => entryId) };
}

function open(holding: Holding, previousChatId: string, chatId: string) {
  return partition.partitions.open(holding, {
    previousChatId,
    handle: session(chatId),
    parties,
    partsShown: 0,
    appName: "",
  });
}

function advance(holding: Holding, chatId: string, answered: number) {
  return partition.partitions.advance(holding, { handle: session(chatId), answered, refused: null, pending: "" });
}

async function loaded(): Promise<ConversationRecord> {
  const { member } = await partition.holding(c1);
  const [reply] = await partition.partitions.load(0, member, [c1]);
  if (reply?.status !== "owned") throw new Error(`it is ${reply?.status}`);
  return reply.record;
}

/** How many of the messages after `done` a worker takes for shown, when the transcript has so many own posts. */
const extraOf = async (ownPosts: number): Promise<number> => ownPosts - (await loaded()).shown;

async function unknownPost(): Promise<number> {
  const { holding, entryIds } = await opened("m1", "m2");
  await partition.settle(holding, { done: 1, chatId: "s1", shown: 1, entryIds: entryIds.slice(0, 1) });
  // The post of m2 is unknown and was not executed: the transcript has m1 alone.
  return extraOf(1);
}

test("D2, A2 (settle counts what is shown): a message that was never posted is not taken for shown", async () => {
  expect(await unknownPost()).toBe(0);
  const rule = "shown = greater(shown, ARGV[i + 4])";
  const mutation = { transition: "settle", rule, otherwise: "local forgotten = shown" };
  expect(await partition.mutated([mutation], unknownPost)).toBe(1);
});

async function diedBetweenAdvanceAndSettle(): Promise<number> {
  const { holding } = await opened("m1");
  await advance(holding, "s1", 0);
  await partition.failOver(w1);
  return extraOf(1);
}

test("D2b, A2 (only settle moves shown): a post that a poll saw and no settle counted is not shown again", async () => {
  expect(await diedBetweenAdvanceAndSettle()).toBe(1);
  const rule = "redis.call('HSET', key, ANSWERED, answered,";
  const mutation = { transition: "advance", rule, otherwise: `${rule} SHOWN, 1,` };
  expect(await partition.mutated([mutation], diedBetweenAdvanceAndSettle)).toBe(0);
});

async function lateOpen(): Promise<[shown: number, chatId: string | undefined]> {
  const { holding } = await opened("m1", "m2");
  await partition.settle(holding, { done: 1, chatId: "s1", shown: 1 });
  await open(holding, "", "s1");
  const { shown } = await loaded();
  await open(holding, "s1", "s2");
  await open(holding, "", "s1");
  return [shown, (await loaded()).handle?.chatId];
}

test("D5, A6 (open compares and sets): a late copy neither resets a session's counts nor brings an old one back", async () => {
  expect(await lateOpen()).toEqual([1, "s2"]);
  const mutations = [
    { transition: "open", rule: "if chat == ARGV[5] then", otherwise: "if false then" },
    { transition: "open", rule: "if chat ~= ARGV[4] then return { 'stale' } end", otherwise: "" },
  ];
  expect(await partition.mutated(mutations, lateOpen)).toEqual([0, "s1"]);
});

async function lateSettle(): Promise<string> {
  const { holding, entryIds } = await opened("m1", "m2");
  await partition.settle(holding, { done: 2, chatId: "s1", shown: 2, entryIds });
  await partition.settle(holding, { done: 1, chatId: "s1", shown: 1, entryIds: entryIds.slice(0, 1) });
  return (await partition.partitions.close(holding, "s1")).status;
}

test("S1, A4 (done only grows): a late settle does not keep a conversation from closing for ever", async () => {
  expect(await lateSettle()).toBe("closed");
  const rule = "greater(done_before, done)";
  const mutation = { transition: "settle", rule, otherwise: "done" };
  expect(await partition.mutated([mutation], lateSettle)).toBe("pending");
});

async function lateAdvance(): Promise<number> {
  const { holding } = await opened("m1");
  await open(holding, "s1", "s2");
  await advance(holding, "s2", 3);
  await advance(holding, "s1", 40);
  return (await loaded()).answered;
}

test("S2, A6 (advance names the session): a count of the former session does not swallow replies of this one", async () => {
  expect(await lateAdvance()).toBe(3);
  const rule = "if held[1] ~= ARGV[4] then return { 'stale' } end";
  expect(await partition.mutated([{ transition: "advance", rule, otherwise: "" }], lateAdvance)).toBe(40);
});

async function advanceCrossed(): Promise<number> {
  const { holding } = await opened("m1");
  await advance(holding, "s1", 7);
  await advance(holding, "s1", 5);
  return (await loaded()).answered;
}

test("S2, A6 (advance only grows): a late copy does not make replies be sent again", async () => {
  expect(await advanceCrossed()).toBe(7);
  const rule = "math.max(tonumber(held[2] or '0'), tonumber(ARGV[5]))";
  const mutation = { transition: "advance", rule, otherwise: "tonumber(ARGV[5])" };
  expect(await partition.mutated([mutation], advanceCrossed)).toBe(5);
});

async function buriedOutOfTurn(): Promise<string[]> {
  const { holding, entryIds } = await opened("m1", "m2");
  const burial = { seq: 2, entryId: entryIds[1] ?? "", session: { chatId: "s1", shown: 0 } };
  await partition.partitions.bury(holding, { ...burial, reason: "unreadable", attempts: 1, detail: "" });
  // What a worker does with an entry that may not be its own any more.
  return partition.partitions.forward(0, w1, entryIds.slice(0, 1));
}

test("S3, A8 (only the head is buried): the messages before a bad one are not dropped as settled", async () => {
  expect(await buriedOutOfTurn()).toEqual(["here"]);
  const early = "if seq > done + 1 or seq > tonumber(held[4]) then return { 'early' } end";
  const mutations = [
    { transition: "bury", rule: early, otherwise: "" },
    { transition: "bury", rule: "if seq == done + 1 then", otherwise: "if seq > done then" },
  ];
  expect(await partition.mutated(mutations, buriedOutOfTurn)).toEqual(["deleted"]);
});
