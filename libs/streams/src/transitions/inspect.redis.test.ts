import { unplaced } from "@dms/protocol";
import { expect, test } from "vitest";
import { c1, c2, w1, w2 } from "../testing/cast.ts";
import { usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();
const nobody = { member: unplaced, state: "unplaced", owned: 0, entries: 0 };

test("inspect: an empty partition has nobody but unplaced", async () => {
  const view = await partition.unchanged(() => partition.partitions.inspect(0));
  expect(view).toEqual({ backlog: 0, deadLetters: 0, unplacedConversations: 0, members: [nobody] });
});

test("inspect: counts each member's conversations and entries, evicted and unplaced ones too", async () => {
  await partition.give(c1, "a", "b");
  await partition.admit(w1, w2);
  await partition.give(c2, "c");
  await partition.evict(w2);
  const view = await partition.unchanged(() => partition.partitions.inspect(0));
  expect(view).toMatchObject({ backlog: 3, deadLetters: 0, unplacedConversations: 1 });
  expect(view.members).toEqual([
    { member: w1, state: "active", owned: 1, entries: 1 },
    { member: w2, state: "evicted", owned: 0, entries: 0 },
    { ...nobody, owned: 1, entries: 2 },
  ]);
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
