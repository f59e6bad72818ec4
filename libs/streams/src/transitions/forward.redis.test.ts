import { expect, test } from "vitest";
import { c1, c2, c3, w1, w2 } from "../testing/cast.ts";
import { usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();

const idsOf = async (member: typeof w1): Promise<string[]> =>
  (await partition.inbox(member)).map(({ entryId }) => entryId);

test("forward: an entry goes behind what its conversation's owner has, under the present grant; again it is absent", async () => {
  await partition.admit(w1, w2);
  await partition.give(c1, "a", "b");
  const { grant: life } = await partition.holding(c1);
  await partition.partitions.handoff(await partition.holding(c1), "shed");
  const entryIds = await idsOf(w1);
  const replies = await partition.twice(() => partition.partitions.forward(0, w1, entryIds));
  expect(replies).toEqual([
    ["forwarded", "forwarded"],
    ["absent", "absent"],
  ]);
  const { grant } = await partition.holding(c1);
  expect(await partition.inbox(w1)).toEqual([]);
  expect(await partition.inbox(w2)).toMatchObject([
    { kind: "takeover", grant },
    { kind: "message", seq: 1, life, grant, conversation: c1, payload: "a" },
    { kind: "message", seq: 2, life, grant, conversation: c1, payload: "b" },
  ]);
});

test("forward: what is settled, of an earlier life or of a forgotten record is deleted (A5)", async () => {
  await partition.admit(w1, w2);
  await partition.give(c1, "a", "b");
  await partition.settle(await partition.holding(c1), { done: 1 });
  await partition.partitions.handoff(await partition.holding(c1), "shed");
  const row = (id: string) => ["h", `m 1 1.other 1.other ${id}`, "p", "old"];
  await partition.look.xadd(partition.keys.inbox(0, w1), "*", ...row(c1));
  await partition.look.xadd(partition.keys.inbox(0, w1), "*", ...row(c3));
  const entryIds = await idsOf(w1);
  const replies = await partition.partitions.forward(0, w1, entryIds);
  expect(replies).toEqual(["deleted", "forwarded", "deleted", "deleted"]);
  expect((await partition.inbox(w2)).map(({ payload }) => payload)).toEqual([`shed - ${w1}`, "b"]);
});

test("forward: an entry of a conversation that is the member's own stays here, whatever its grant", async () => {
  await partition.admit(w1, w2);
  await partition.give(c1, "a");
  await partition.partitions.handoff(await partition.holding(c1), "shed");
  await partition.partitions.handoff(await partition.holding(c1), "shed");
  const entryIds = await idsOf(w1);
  const reply = await partition.unchanged(() => partition.partitions.forward(0, w1, entryIds));
  expect(reply).toEqual(["here", "here"]);
});

test("forward: a settled entry of the member's own conversation is deleted", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  await partition.settle(await partition.holding(c1), { done: 1 });
  expect(await partition.partitions.forward(0, w1, await idsOf(w1))).toEqual(["deleted"]);
});

test("forward: a takeover that no longer concerns the member is deleted, not sent on", async () => {
  await partition.admit(w1, w2);
  await partition.give(c1, "a");
  await partition.partitions.handoff(await partition.holding(c1), "shed");
  await partition.partitions.handoff(await partition.holding(c1), "shed");
  expect(await partition.partitions.forward(0, w2, await idsOf(w2))).toEqual(["deleted"]);
  expect((await partition.inbox(w1)).map(({ kind }) => kind)).toEqual(["message", "takeover"]);
});

test("forward: a row of another form goes to the dead letters and stops nobody", async () => {
  await partition.admit(w1, w2);
  await partition.give(c2, "b");
  const strange = await partition.look.xadd(partition.keys.inbox(0, w1), "*", "x", "v9 header", "y", "payload");
  const ids = [strange ?? "", ...(await idsOf(w1))];
  expect(await partition.partitions.forward(0, w1, ids)).toEqual(["deleted", "here"]);
  expect(await partition.deadLetters()).toEqual([["unreadable", "", "0", "payload"]]);
});

test("forward: runs when Redis is out of memory", async () => {
  await partition.admit(w1, w2);
  await partition.give(c1, "a");
  await partition.partitions.handoff(await partition.holding(c1), "shed");
  const entryIds = await idsOf(w1);
  const reply = await partition.outOfMemory(() => partition.partitions.forward(0, w1, entryIds));
  expect(reply).toEqual(["forwarded"]);
});
