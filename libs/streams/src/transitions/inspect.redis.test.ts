import { unplaced } from "@dms/protocol";
import { expect, test } from "vitest";
import { c1, c2, w1, w2 } from "../testing/cast.ts";
import { usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();
const nobody = { member: unplaced, state: "unplaced", owned: 0, entries: 0, oldestAt: null };
const nothing = { accepted: 0, settled: 0, redriven: 0, dead: {} };

test("inspect: an empty partition has nobody but unplaced", async () => {
  const view = await partition.unchanged(() => partition.partitions.inspect(0));
  expect(view).toEqual({ backlog: 0, deadLetters: 0, unplacedConversations: 0, counts: nothing, members: [nobody] });
});

test("inspect: counts each member's conversations and entries, evicted and unplaced ones too", async () => {
  await partition.give(c1, "a", "b");
  await partition.admit(w1, w2);
  await partition.give(c2, "c");
  await partition.evict(w2);
  const view = await partition.unchanged(() => partition.partitions.inspect(0));
  expect(view).toMatchObject({ backlog: 3, deadLetters: 0, unplacedConversations: 1 });
  expect(view.members).toMatchObject([
    { member: w1, state: "active", owned: 1, entries: 1 },
    { member: w2, state: "evicted", owned: 0, entries: 0, oldestAt: null },
    { ...nobody, owned: 1, entries: 2, oldestAt: expect.any(Number) },
  ]);
});

test("inspect: the age of an inbox is that of its first message, by the hub's word, and survives a move", async () => {
  const sentAt = "2026-01-02T03:04:05.678Z";
  await partition.admit(w1);
  await partition.give(c1, JSON.stringify({ text: 'a customer may write \\"sentAt\\":\\"1999\\"', sentAt }));
  await partition.admit(w2);
  const held = await partition.holding(c1);
  await partition.partitions.handoff(held, "drain");
  const [entry] = await partition.inbox(w1);
  await partition.partitions.forward(0, w1, [entry?.entryId ?? ""]);
  const { members } = await partition.partitions.inspect(0);
  expect(members.map(({ oldestAt }) => oldestAt)).toEqual([null, Date.parse(sentAt), null]);
});

test("inspect: a message that does not say when it was sent, or says the future, is as old as its entry", async () => {
  await partition.admit(w1);
  await partition.give(c1, JSON.stringify({ sentAt: "2999-01-01T00:00:00Z" }));
  const [entry] = await partition.inbox(w1);
  const { members } = await partition.partitions.inspect(0);
  expect(members[0]?.oldestAt).toBe(Number(entry?.entryId.split("-")[0]));
});

test("inspect: what was accepted is settled, buried or pending, counted in the step in which it happens (I16)", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a", "b", "c");
  const holding = await partition.holding(c1);
  const session = { chatId: "", shown: 0 };
  const [first, second] = await partition.inbox(w1);
  const settlement = { conversation: c1, grant: holding.grant, done: 1, session, entryIds: [first?.entryId ?? ""] };
  await partition.partitions.settle(0, w1, [settlement]);
  await partition.partitions.settle(0, w1, [settlement]);
  const burial = { seq: 2, entryId: second?.entryId ?? "", session, reason: "rejected", attempts: 1, detail: "" };
  await partition.partitions.bury(holding, burial);
  const { counts, backlog } = await partition.partitions.inspect(0);
  expect(counts).toEqual({ accepted: 3, settled: 1, redriven: 0, dead: { rejected: 1 } });
  expect(backlog).toBe(1);
});

test("inspect: counts dead letters", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  const entryId = (await partition.inbox(w1))[0]?.entryId ?? "";
  const burial = { seq: 1, entryId, session: { chatId: "", shown: 0 }, reason: "x", attempts: 1, detail: "" };
  await partition.partitions.bury(await partition.holding(c1), burial);
  expect(await partition.partitions.inspect(0)).toMatchObject({ backlog: 0, deadLetters: 1 });
});

test("inspect: runs when Redis is out of memory", async () => {
  expect(await partition.outOfMemory(() => partition.partitions.inspect(0))).toMatchObject({ backlog: 0 });
});
