import { type ConversationId, conversationId, unplaced } from "@dms/protocol";
import { expect, test } from "vitest";
import { c1, c2, channel, d2, w1, w2, w3 } from "../testing/cast.ts";
import { leaseMs, usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();
const all = { count: 100, cause: "lease-ended", forget: false };

async function owners(...ids: ConversationId[]): Promise<(string | undefined)[]> {
  return Promise.all(ids.map(async (id) => (await partition.record(id))["owner"]));
}

test("rehome: conversations move with a takeover entry, entries follow, the member's keys go; again changes nothing", async () => {
  await partition.admit(w1, w2);
  await partition.give(c1, "a", "b");
  const { grant: life } = await partition.holding(c1);
  await partition.evict(w1);
  const leadership = await partition.lead();
  const replies = await partition.twice(() => partition.partitions.rehome(leadership, w1, all));
  expect(replies).toEqual([
    { status: "rehomed", conversations: 1, entries: 2, conversationsLeft: 0, entriesLeft: 0 },
    { status: "rehomed", conversations: 0, entries: 0, conversationsLeft: 0, entriesLeft: 0 },
  ]);
  const { member, grant } = await partition.holding(c1);
  expect(member).toBe(w2);
  expect(await partition.inbox(w2)).toMatchObject([
    { kind: "takeover", life, grant },
    { kind: "message", seq: 1, life, grant, payload: "a" },
    { kind: "message", seq: 2, life, grant, payload: "b" },
  ]);
  expect(Object.keys(await partition.dump()).filter((key) => key.endsWith(w1))).toEqual([]);
  expect(await partition.loads()).toEqual({ [w2]: 1 });
});

test("rehome: a batch at a time, resumable by another leader, conversations first and then entries", async () => {
  await partition.admit(w1);
  for (let n = 0; n < 5; n++) await partition.give(conversationId(channel, `many-${n}`), "x");
  await partition.admit(w2, w3);
  await partition.evict(w1);
  const leadership = await partition.lead();
  const two = { ...all, count: 2 };
  const counts = [];
  for (let step = 0; step < 5; step++) counts.push(await partition.partitions.rehome(leadership, w1, two));
  expect(counts).toMatchObject([
    { conversations: 2, entries: 0, conversationsLeft: 3, entriesLeft: 5 },
    { conversations: 2, entries: 0, conversationsLeft: 1, entriesLeft: 5 },
    { conversations: 1, entries: 2, conversationsLeft: 0, entriesLeft: 3 },
    { conversations: 0, entries: 2, conversationsLeft: 0, entriesLeft: 1 },
    { conversations: 0, entries: 1, conversationsLeft: 0, entriesLeft: 0 },
  ]);
  expect(Object.values(await partition.loads()).toSorted((a, b) => a - b)).toEqual([2, 3]);
});

test("rehome: with no member placeable the conversations wait and nothing changes", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  await partition.evict(w1);
  const leadership = await partition.lead();
  const reply = await partition.unchanged(() => partition.partitions.rehome(leadership, w1, all));
  expect(reply).toEqual({ status: "waiting", conversationsLeft: 1, entriesLeft: 1, stragglers: 0, readOn: "" });
});

/** Three conversations of two messages each at a dead member, and one of them moved to a member that is full since. */
async function oneMoved(): Promise<{ moved: ConversationId; others: ConversationId[] }> {
  const ids = ["x", "y", "z"].map((name) => conversationId(channel, name));
  await partition.admit(w1);
  for (const text of ["a", "b"]) for (const id of ids) await partition.give(id, text);
  await partition.admit(w2);
  await partition.evict(w1);
  const leadership = await partition.lead();
  const reply = await partition.partitions.rehome(leadership, w1, { ...all, room: 1 });
  expect(reply).toMatchObject({
    status: "rehomed",
    conversations: 1,
    entries: 0,
    conversationsLeft: 2,
    entriesLeft: 6,
  });
  await partition.partitions.admit(leadership, w2, "full");
  const owned = await Promise.all(ids.map(async (id) => ({ id, owner: (await partition.record(id))["owner"] })));
  const [moved] = owned.filter(({ owner }) => owner === w2).map(({ id }) => id);
  if (moved === undefined) throw new Error("none has moved");
  return { moved, others: ids.filter((id) => id !== moved) };
}

test("rehome: while others wait, what moved before gets its entries in order behind the takeover, and can end", async () => {
  const { moved, others } = await oneMoved();
  const leadership = await partition.lead();
  const first = await partition.partitions.rehome(leadership, w1, { ...all, count: 4 });
  if (first.status !== "waiting") throw new Error(`not waiting but ${first.status}`);
  const second = await partition.partitions.rehome(leadership, w1, { ...all, count: 4, after: first.readOn });
  if (second.status !== "waiting") throw new Error(`not waiting but ${second.status}`);
  expect(second).toMatchObject({ conversationsLeft: 2, entriesLeft: 4, readOn: "" });
  expect(first.stragglers + second.stragglers).toBe(2);
  expect(await partition.inbox(w2)).toMatchObject([
    { kind: "takeover", conversation: moved },
    { kind: "message", conversation: moved, seq: 1, payload: "a" },
    { kind: "message", conversation: moved, seq: 2, payload: "b" },
  ]);
  const left = await partition.inbox(w1);
  expect(left.map(({ conversation, payload }) => `${conversation} ${payload}`)).toEqual([
    ...others.map((id) => `${id} a`),
    ...others.map((id) => `${id} b`),
  ]);
  const holding = await partition.holding(moved);
  await partition.settle(holding, { done: 2 });
  expect(await partition.partitions.close(holding, "")).toEqual({ status: "closed" });
});

test("rehome: stragglers are looked for after the entry that is named, and not at all where there is none", async () => {
  const { moved } = await oneMoved();
  const leadership = await partition.lead();
  const [, , third] = await partition.inbox(w1);
  const { partitions } = partition;
  const none = await partition.unchanged(() => partitions.rehome(leadership, w1, { ...all, after: "" }));
  expect(none).toMatchObject({ status: "waiting", stragglers: 0, entriesLeft: 6, readOn: "" });
  const reply = await partitions.rehome(leadership, w1, { ...all, after: third?.entryId ?? "" });
  expect(reply).toMatchObject({ status: "waiting", stragglers: 1, entriesLeft: 5, readOn: "" });
  expect((await partition.inbox(w1)).find(({ conversation }) => conversation === moved)).toMatchObject({ seq: 1 });
});

test("rehome: where there is no room nothing moves, though a member is placeable", async () => {
  await oneMoved();
  await partition.admit(w3);
  const reply = await partition.partitions.rehome(await partition.lead(), w1, { ...all, room: 0 });
  expect(reply).toMatchObject({ status: "waiting", conversationsLeft: 2, stragglers: 2 });
  expect(await partition.inbox(w3)).toEqual([]);
});

test("rehome: what is unplaced moves as soon as a member is placeable, without a wait or a suspicion", async () => {
  await partition.give(c1, "a");
  await partition.give(c2, "b");
  await partition.admit(w1, w2);
  await partition.rehome(unplaced);
  expect(new Set(await owners(c1, c2))).toEqual(new Set([w1, w2]));
  expect(await partition.record(c1)).not.toHaveProperty("suspect");
  expect(await partition.record(c1)).not.toHaveProperty("hold");
  expect(await partition.look.exists(partition.keys.inbox(0, unplaced))).toBe(0);
});

test("rehome: the head that outlived its owner is suspect, but not when the owner left or had settled all (A17)", async () => {
  await partition.admit(w1, w2);
  await partition.give(c1, "a", "b");
  await partition.give(c2, "c");
  await partition.settle(await partition.holding(c1), { done: 1 });
  await partition.settle(await partition.holding(c2), { done: 1 });
  await partition.admit(w3);
  await partition.failOver(w1);
  await partition.failOver(w2);
  expect(await partition.record(c1)).toMatchObject({ owner: w3, suspect: "2" });
  expect(await partition.record(c2)).not.toHaveProperty("suspect");
  await partition.give(c2, "d");
  await partition.admit(d2);
  await partition.failOver(w3, "left");
  expect(await partition.record(c2)).not.toHaveProperty("suspect");
});

test("rehome: the longest wait of several dead owners holds, whichever died last", async () => {
  await partition.admit(w1, w2);
  await partition.give(c1, "a");
  await partition.failOver(w1, "lease-ended", 1500);
  await partition.admit(w3);
  await partition.failOver(w2, "exit-137", 400);
  expect(await partition.partitions.load(0, w3, [c1])).toMatchObject([{ record: { holdMs: 1500 } }]);
});

test("rehome: a wait that is over leaves nothing behind in the record", async () => {
  await partition.admit(w1, w2, w3);
  await partition.give(c1, "a");
  await partition.failOver(w1, "lease-ended", 1500);
  await partition.passTime(2000);
  await partition.failOver(w2, "left", 0);
  expect(await partition.record(c1)).not.toHaveProperty("hold");
});

test("rehome: entries of another life and rows of another form go with the member's keys", async () => {
  await partition.admit(w1, w2);
  const inbox = partition.keys.inbox(0, w1);
  await partition.look.xadd(inbox, "*", "h", `m 1 1.other 1.other ${c1}`, "p", "old");
  await partition.look.xadd(inbox, "*", "what", "is this");
  await partition.failOver(w1);
  expect(await partition.look.exists(inbox)).toBe(0);
  expect(await partition.inbox(w2)).toEqual([]);
});

test("rehome: a member that is not evicted keeps all: alive", async () => {
  await partition.admit(w1, w2);
  await partition.give(c1, "a");
  const leadership = await partition.lead();
  for (const member of [w1, w3]) {
    const reply = await partition.unchanged(() => partition.partitions.rehome(leadership, member, all));
    expect(reply).toEqual({ status: "alive" });
  }
});

test("rehome: the last call may forget that the member was evicted, but not before it has nothing left", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  await partition.evict(w1);
  const leadership = await partition.lead();
  const forget = { ...all, forget: true };
  await partition.partitions.rehome(leadership, w1, forget);
  expect(await partition.look.hgetall(`${partition.prefix}workers`)).toHaveProperty([w1]);
  await partition.admit(w2);
  await partition.partitions.rehome(leadership, w1, forget);
  expect(await partition.look.hgetall(`${partition.prefix}workers`)).toEqual({ [w2]: "active" });
});

test("rehome: without the lease, with another token or after its end, nothing changes: unheld (A12)", async () => {
  await partition.admit(w1, w2);
  await partition.give(c1, "a");
  await partition.evict(w1);
  const leadership = await partition.lead();
  const { partitions } = partition;
  for (const other of [
    { ...leadership, holder: d2 },
    { ...leadership, token: "1.other" },
  ]) {
    expect(await partition.unchanged(() => partitions.rehome(other, w1, all))).toEqual({ status: "unheld" });
  }
  await partition.passTime(leaseMs);
  expect(await partition.unchanged(() => partitions.rehome(leadership, w1, all))).toEqual({ status: "unheld" });
});

test("rehome: runs when Redis is out of memory", async () => {
  await partition.admit(w1, w2);
  await partition.give(c1, "a");
  await partition.evict(w1);
  const leadership = await partition.lead();
  const reply = await partition.outOfMemory(() => partition.partitions.rehome(leadership, w1, all));
  expect(reply).toMatchObject({ status: "rehomed", conversations: 1, entriesLeft: 0 });
});
