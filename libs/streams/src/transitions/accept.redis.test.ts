import { conversationId, unplaced } from "@dms/protocol";
import type { AcceptBatch, AcceptedMessage } from "@dms/rules";
import { expect, test } from "vitest";
import { c1, c2, c3, channel, w1, w2 } from "../testing/cast.ts";
import { usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();

function batch(after: number, messages: AcceptedMessage[], changes: Partial<AcceptBatch> = {}): AcceptBatch {
  return { channel, after, upTo: messages.at(-1)?.sequence ?? after, isRestart: false, messages, ...changes };
}

const taken = (): Promise<string | null> => partition.look.get(`${partition.prefix}taken:${channel}`);

test("accept: each message gets its conversation's next seq, at the end of its owner's inbox", async () => {
  await partition.admit(w1);
  const reply = await partition.partitions.accept(
    0,
    batch(0, [
      { sequence: 3, conversation: c1, payload: "a" },
      { sequence: 5, conversation: c3, payload: "b" },
      { sequence: 9, conversation: c1, payload: "c" },
    ]),
  );
  expect(reply).toEqual({ status: "accepted", accepted: 3, skipped: 0, opened: 2, gap: 0 });
  const { grant = "" } = await partition.record(c1);
  const { grant: other = "" } = await partition.record(c3);
  const message = { kind: "message", partition: 0, entryId: expect.any(String) };
  expect(await partition.inbox(w1)).toEqual([
    { ...message, seq: 1, life: grant, grant, conversation: c1, payload: "a" },
    { ...message, seq: 1, life: other, grant: other, conversation: c3, payload: "b" },
    { ...message, seq: 2, life: grant, grant, conversation: c1, payload: "c" },
  ]);
  expect(other).not.toBe(grant);
  expect(await taken()).toBe("9");
});

test("accept: a new conversation goes to the member with the fewest sessions, a known one to its owner", async () => {
  await partition.admit(w1, w2);
  await partition.give(c1, "a");
  await partition.give(c2, "b");
  await partition.give(c1, "c");
  expect((await partition.record(c1))["owner"]).toBe(w1);
  expect((await partition.record(c2))["owner"]).toBe(w2);
  expect((await partition.inbox(w1)).map((entry) => entry.payload)).toEqual(["a", "c"]);
  expect(await partition.loads()).toEqual({ [w1]: 1, [w2]: 1 });
  expect(await partition.look.smembers(partition.keys.owned(0, w1))).toEqual([c1]);
});

test("accept: without a placeable member the conversation waits in unplaced", async () => {
  await partition.give(c1, "a", "b");
  expect((await partition.record(c1))["owner"]).toBe(unplaced);
  expect((await partition.inbox(unplaced)).map((entry) => entry.payload)).toEqual(["a", "b"]);
});

test("accept: run twice, all is skipped and nothing changes", async () => {
  await partition.admit(w1);
  const same = batch(0, [{ sequence: 1, conversation: c1, payload: "a" }], { upTo: 4 });
  const [, second] = await partition.twice(() => partition.partitions.accept(0, same));
  expect(second).toEqual({ status: "accepted", accepted: 0, skipped: 1, opened: 0, gap: 0 });
  expect(await taken()).toBe("4");
});

test("accept: a batch that follows on nothing is behind and changes nothing (A1)", async () => {
  await partition.admit(w1);
  const early = batch(7, [{ sequence: 8, conversation: c1, payload: "a" }]);
  expect(await partition.unchanged(() => partition.partitions.accept(0, early))).toEqual({
    status: "behind",
    taken: 0,
  });
  await partition.partitions.accept(0, batch(0, [{ sequence: 5, conversation: c1, payload: "b" }]));
  expect(await partition.unchanged(() => partition.partitions.accept(0, early))).toEqual({
    status: "behind",
    taken: 5,
  });
});

test("accept: a batch without cursor is taken after a gap, which is counted when something had been taken", async () => {
  await partition.admit(w1);
  const restart = { isRestart: true };
  const first = batch(7, [{ sequence: 8, conversation: c1, payload: "a" }], restart);
  expect(await partition.partitions.accept(0, first)).toMatchObject({ status: "accepted", accepted: 1, gap: 0 });
  const second = batch(20, [{ sequence: 21, conversation: c1, payload: "b" }], restart);
  const [reply, again] = await partition.twice(() => partition.partitions.accept(0, second));
  expect(reply).toMatchObject({ status: "accepted", accepted: 1, gap: 12 });
  expect(again).toMatchObject({ status: "accepted", accepted: 0, skipped: 1, gap: 0 });
});

test("accept: an empty batch moves what is taken and nothing else, and never back", async () => {
  await partition.partitions.accept(0, batch(0, [], { upTo: 6 }));
  expect(await taken()).toBe("6");
  await partition.partitions.accept(0, batch(0, [], { upTo: 2 }));
  expect(await taken()).toBe("6");
});

test("accept: a message that did not parse goes to the dead letters once and its neighbours are stored", async () => {
  await partition.admit(w1);
  const mixed = batch(0, [
    { sequence: 1, conversation: c1, payload: "a" },
    { sequence: 2, conversation: null, payload: "{broken" },
    { sequence: 3, conversation: c1, payload: "b" },
  ]);
  const [first, second] = await partition.twice(() => partition.partitions.accept(0, mixed));
  expect(first).toMatchObject({ accepted: 2, skipped: 0 });
  expect(second).toMatchObject({ accepted: 0, skipped: 3 });
  expect(await partition.deadLetters()).toEqual([["malformed", `${channel}:`, "0", "{broken"]]);
});

test("accept: the dead letter of one that did not parse bears the conversation that it names, and no key does", async () => {
  const named = conversationId(channel, "c{9} \n1");
  const malformed = { sequence: 2, conversation: null, named, payload: "{broken" };
  const without = { sequence: 3, conversation: null, payload: "{" };
  await partition.partitions.accept(0, batch(0, [malformed, without]));
  expect(await partition.deadLetters()).toEqual([
    ["malformed", named, "0", "{broken"],
    ["malformed", `${channel}:`, "0", "{"],
  ]);
  const keys = Object.keys(await partition.dump());
  expect(keys.filter((key) => key.includes("c{9}"))).toEqual([]);
});

test("accept: channels are taken apart from each other", async () => {
  await partition.partitions.accept(0, batch(0, [], { upTo: 6 }));
  const other = batch(0, [{ sequence: 1, conversation: c1, payload: "a" }], { channel: "sms" });
  expect(await partition.partitions.accept(0, other)).toMatchObject({ status: "accepted", accepted: 1 });
});

test("accept: fails before it stored anything when Redis is out of memory, also when it would skip all", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  const next = batch(1, [{ sequence: 2, conversation: c2, payload: "b" }]);
  for (const refused of [next, batch(0, [{ sequence: 1, conversation: c1, payload: "a" }])]) {
    const fault = { code: "DMS_REDIS_OUT_OF_MEMORY", retryable: true };
    await partition.unchanged(() =>
      partition.outOfMemory(() => expect(partition.partitions.accept(0, refused)).rejects.toMatchObject(fault)),
    );
  }
  expect(await partition.partitions.accept(0, next)).toMatchObject({ accepted: 1 });
});

test("accept: grants pass the clock and never repeat, even when the clock stands or goes back", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  await partition.setTime(partition.now - 500);
  await partition.give(c2, "b");
  const [first = "", second = ""] = [(await partition.record(c1))["grant"], (await partition.record(c2))["grant"]];
  expect(Number.parseInt(second, 10)).toBe(Number.parseInt(first, 10) + 1);
});
