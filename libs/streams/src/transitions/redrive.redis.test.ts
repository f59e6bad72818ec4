import { type ConversationId, unplaced } from "@dms/protocol";
import { expect, test } from "vitest";
import { c1, c2, w1 } from "../testing/cast.ts";
import { usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();

/** Buries the head of a conversation, whatever its payload. */
async function bury(conversation: ConversationId, payload: string, reason = "rejected"): Promise<void> {
  await partition.give(conversation, payload);
  const holding = await partition.holding(conversation);
  const entry = (await partition.inbox(w1)).findLast((each) => each.conversation === conversation);
  if (entry === undefined) throw new Error(`${payload} is nowhere`);
  const { seq, entryId } = entry;
  const session = { chatId: "", shown: 0 };
  const burial = { seq, entryId, session, reason, attempts: 3, detail: "400" };
  expect((await partition.partitions.bury(holding, burial)).status).toBe("buried");
}

async function letterIds(): Promise<string[]> {
  return (await partition.letters.browse(0, "", 100)).letters.map(({ id }) => id);
}

const counts = async () => (await partition.partitions.inspect(0)).counts;

test("redrive: letters go back to their conversations, each as the newest message, and are letters no more", async () => {
  await partition.admit(w1);
  await bury(c1, "m1");
  await bury(c1, "m2", "crashing");
  await partition.give(c1, "m3");
  expect(await partition.letters.redrive(0, await letterIds())).toEqual(["redriven", "redriven"]);
  const entries = await partition.inbox(w1);
  expect(entries.map(({ seq, payload }) => [seq, payload])).toEqual([
    [3, "m3"],
    [4, "m1"],
    [5, "m2"],
  ]);
  expect(await partition.record(c1)).toMatchObject({ seq: "5", done: "2", owner: w1 });
  expect(await partition.deadLetters()).toEqual([]);
  expect(await counts()).toMatchObject({ accepted: 3, settled: 0, redriven: 2, dead: { rejected: 1, crashing: 1 } });
});

test("redrive: the conversation is under a new grant, which its new entries carry, and its owner must load it again", async () => {
  await partition.admit(w1);
  await bury(c1, "m1");
  const before = await partition.holding(c1);
  await partition.letters.redrive(0, await letterIds());
  const after = await partition.holding(c1);
  expect(after.grant).not.toBe(before.grant);
  expect(after.member).toBe(before.member);
  // Whoever acts under it must be found in the journal. (I9)
  const rows = await partition.look.xrevrange(partition.keys.journal(0), "+", "-", "COUNT", 1);
  const told = { event: "moved", cause: "redrive", conversation: c1, from: w1, to: w1, grant: after.grant };
  expect(rows[0]?.[1]).toEqual(Object.entries(told).flat());
  expect(await partition.inbox(w1)).toMatchObject([{ grant: after.grant, payload: "m1" }]);
  expect(await partition.settle(before, { done: 1 })).toBe("stale");
});

test("redrive: a conversation that is closed begins a new life; without a worker it waits in unplaced", async () => {
  await partition.admit(w1);
  await bury(c1, "m1");
  await partition.partitions.close(await partition.holding(c1), "");
  expect(await partition.record(c1)).toEqual({});
  await partition.partitions.withdraw(0, w1);
  expect(await partition.letters.redrive(0, await letterIds())).toEqual(["redriven"]);
  expect(await partition.inbox(unplaced)).toMatchObject([{ seq: 1, payload: "m1", conversation: c1 }]);
});

test("redrive: run twice, the second finds no letter and changes nothing", async () => {
  await partition.admit(w1);
  await bury(c1, "m1");
  const ids = await letterIds();
  const replies = await partition.twice(() => partition.letters.redrive(0, ids));
  expect(replies).toEqual([["redriven"], ["absent"]]);
});

test("redrive: replies, what never parsed and what has no payload are refused, and stay", async () => {
  await partition.admit(w1);
  const field = (letter: Record<string, string>): string[] => Object.entries(letter).flat();
  const dead = partition.keys.dead(0);
  for (const letter of [
    { reason: "reply-rejected", conversation: c1, payload: "{}" },
    { reason: "malformed", conversation: c1, payload: "{}" },
    { reason: "unreadable", conversation: "", payload: "?" },
    { reason: "missing", conversation: c1, payload: "" },
    { reason: "rejected", conversation: c1, payload: "" },
    { reason: "rejected", conversation: "", payload: "{}" },
  ])
    await partition.look.xadd(dead, "*", ...field(letter));
  const ids = await letterIds();
  expect(await partition.unchanged(() => partition.letters.redrive(0, ids))).toEqual(ids.map(() => "refused"));
});

test("redrive: out of memory nothing is taken in, and the letter stays", async () => {
  await partition.admit(w1);
  await bury(c1, "m1");
  const ids = await letterIds();
  await partition.outOfMemory(async () => {
    await expect(partition.letters.redrive(0, ids)).rejects.toMatchObject({ code: "DMS_REDIS_OUT_OF_MEMORY" });
  });
  expect(await letterIds()).toEqual(ids);
});

test("browse: pages through the letters in order, without payloads, and says Redis's time", async () => {
  await partition.admit(w1);
  for (const payload of ["m1", "m2", "m3"]) await bury(c1, payload);
  await bury(c2, "n1", "no-session");
  const first = await partition.unchanged(() => partition.letters.browse(0, "", 3));
  expect(first.now).toBe(partition.now);
  expect(first.letters.map(({ reason, conversation }) => [reason, conversation])).toEqual([
    ["rejected", c1],
    ["rejected", c1],
    ["rejected", c1],
  ]);
  const second = await partition.letters.browse(0, first.letters.at(-1)?.id ?? "", 3);
  expect(second.letters).toMatchObject([{ reason: "no-session", conversation: c2 }]);
  expect((await partition.letters.browse(0, second.letters.at(-1)?.id ?? "", 3)).letters).toEqual([]);
});

test("discard: deletes the letters that are named, and counts those that were there", async () => {
  await partition.admit(w1);
  for (const payload of ["m1", "m2", "m3"]) await bury(c1, payload);
  const [one = "", two = "", three = ""] = await letterIds();
  const replies = await partition.twice(() => partition.letters.discard(0, [one, three]));
  expect(replies).toEqual([2, 0]);
  expect(await letterIds()).toEqual([two]);
  expect((await counts()).dead).toEqual({ rejected: 3 });
  expect((await partition.give(c1, "m4")).status).toBe("accepted");
});

test("discard: runs when Redis is out of memory, for it makes room", async () => {
  await partition.admit(w1);
  await bury(c1, "m1");
  const ids = await letterIds();
  expect(await partition.outOfMemory(() => partition.letters.discard(0, ids))).toBe(1);
});
