import { expect, test } from "vitest";
import { c1, c2, c3, parties, session, w1, w2 } from "../testing/cast.ts";
import { usePartition } from "../testing/partition-fixture.ts";
import { recordFields } from "../record-fields.ts";

const partition = usePartition();

const loaded = async (member = w1, id = c1) => {
  const [reply] = await partition.partitions.load(0, member, [id]);
  if (reply?.status !== "owned") throw new Error(`it is ${reply?.status}`);
  return reply.record;
};

test("load: a record that leaves out what follows from the rest is read whole, before its first move and after it", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  const first = await partition.holding(c1);
  const server = `http://${"a-long-name.".repeat(6)}example.com:8080/genesys`;
  const opening = { previousChatId: "", handle: session("s1", { server }), partsShown: 0, appName: "" };
  const own = { customer: "c1", business: "business-1" };
  await partition.partitions.open(first, { ...opening, parties: own });
  const stored = await partition.look.hgetall(partition.keys.conversation(0, c1));
  expect(Object.keys(stored)).not.toContain(recordFields.life);
  expect(Object.keys(stored)).not.toContain(recordFields.customer);
  expect(await partition.look.object("ENCODING", partition.keys.conversation(0, c1))).toBe("listpack");
  expect(await loaded()).toMatchObject({ life: first.grant, parties: own, handle: { server } });
  await partition.admit(w2);
  await partition.failOver(w1);
  expect(await loaded(w2)).toMatchObject({ life: first.grant, parties: own, handle: { server } });
  expect((await loaded(w2)).grant).not.toBe(first.grant);
  // The next session speaks with somebody of another name, and the one after it with the first again.
  const moved = await partition.holding(c1);
  const next = { ...opening, previousChatId: "s1", handle: session("s2") };
  await partition.partitions.open(moved, { ...next, parties });
  expect(await loaded(w2)).toMatchObject({ parties, handle: { server: "http://a" } });
  await partition.partitions.open(moved, { ...next, previousChatId: "s2", handle: session("s3"), parties: own });
  expect((await loaded(w2)).parties).toEqual(own);
});

test("load: a new record has no session, no counts and nothing to wait for", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a", "b");
  const { grant = "" } = await partition.record(c1);
  expect(await loaded()).toMatchObject({
    life: grant,
    grant,
    seq: 2,
    done: 0,
    handle: null,
    parties: { customer: "", business: "" },
    shown: 0,
    answered: 0,
    suspect: 0,
    holdMs: 0,
  });
});

test("load: answers in the order of the ids: owned, another member's, and gone", async () => {
  await partition.admit(w1, w2);
  await partition.give(c1, "a");
  await partition.give(c2, "b");
  const ask = () => partition.partitions.load(0, w1, [c2, c3, c1]);
  const [first, second] = await partition.twice(ask);
  expect(first.map(({ status }) => status)).toEqual(["stale", "gone", "owned"]);
  expect(second).toEqual(first);
});

test("load: gives back what open, settle and advance stored", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a", "b");
  const holding = await partition.holding(c1);
  const handle = session("s1", { alias: "9", server: "http://b" });
  await partition.partitions.open(holding, { previousChatId: "", handle, parties, partsShown: 0, appName: "" });
  await partition.settle(holding, { done: 1, chatId: "s1", shown: 3 });
  await partition.partitions.advance(holding, { handle, answered: 2, refused: null, pending: "media-1" });
  expect(await loaded()).toMatchObject({ seq: 2, done: 1, handle, parties, shown: 3, answered: 2 });
});

test("load: tells how much of the head former sessions showed", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  const holding = await partition.holding(c1);
  expect(await loaded()).toMatchObject({ partsShown: 0 });
  await partition.partitions.open(holding, {
    previousChatId: "",
    handle: session("s1"),
    parties,
    partsShown: 1,
    appName: "DMS",
  });
  expect(await loaded()).toMatchObject({ partsShown: 1, appName: "DMS", holdMs: 0 });
});

test("load: a conversation of a dead member is held until the wait after its eviction is over", async () => {
  await partition.admit(w1, w2);
  await partition.give(c1, "a");
  await partition.failOver(w1, "lease-ended", 1500);
  expect(await loaded(w2)).toMatchObject({ holdMs: 1500, suspect: 1 });
  await partition.passTime(1400);
  expect(await loaded(w2)).toMatchObject({ holdMs: 100 });
  await partition.passTime(1400);
  expect(await loaded(w2)).toMatchObject({ holdMs: 0 });
});

test("load: runs when Redis is out of memory", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  expect(await partition.outOfMemory(() => loaded())).toMatchObject({ seq: 1 });
});
