import type { Burial, Holding } from "@dms/rules";
import { expect, test } from "vitest";
import { c1, c2, parties, session, w1, w2 } from "../testing/cast.ts";
import { usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();

async function given(...payloads: string[]): Promise<{ holding: Holding; burials: Burial[] }> {
  await partition.admit(w1, w2);
  await partition.give(c1, ...payloads);
  const entries = await partition.inbox(w1);
  const rest = { session: { chatId: "", shown: 0 }, reason: "rejected", attempts: 2, detail: "why" };
  const burials = entries.map(({ entryId }, index) => ({ seq: index + 1, entryId, ...rest }));
  return { holding: await partition.holding(c1), burials };
}

test("bury: the head goes to the dead letters with its payload, once", async () => {
  const { holding, burials } = await given("a", "b");
  const [head] = burials;
  if (head === undefined) throw new Error("nothing was given");
  const replies = await partition.twice(() => partition.partitions.bury(holding, head));
  expect(replies).toEqual([{ status: "buried" }, { status: "buried" }]);
  expect(await partition.deadLetters()).toEqual([["rejected", c1, "1", "a"]]);
  expect(await partition.record(c1)).toMatchObject({ done: "1" });
  expect((await partition.inbox(w1)).map(({ payload }) => payload)).toEqual(["b"]);
});

test("bury: what is not the head is early, and nothing changes (A8)", async () => {
  const { holding, burials } = await given("a", "b");
  const [, second] = burials;
  if (second === undefined) throw new Error("nothing was given");
  expect(await partition.unchanged(() => partition.partitions.bury(holding, second))).toEqual({ status: "early" });
});

test("bury: a seq that was never given is early, so that no later message is taken for it", async () => {
  const { holding, burials } = await given("a");
  const [head] = burials;
  if (head === undefined) throw new Error("nothing was given");
  await partition.settle(holding, { done: 1, entryIds: [head.entryId] });
  const reply = await partition.unchanged(() => partition.partitions.bury(holding, { ...head, seq: 2 }));
  expect(reply).toEqual({ status: "early" });
});

test("bury: a head that was settled already is buried by nobody, and its entry goes", async () => {
  const { holding, burials } = await given("a");
  const [head] = burials;
  if (head === undefined) throw new Error("nothing was given");
  await partition.settle(holding, { done: 1 });
  expect(await partition.partitions.bury(holding, head)).toEqual({ status: "buried" });
  expect(await partition.deadLetters()).toEqual([]);
  expect(await partition.inbox(w1)).toEqual([]);
});

test("bury: the posts that the head had shown are counted in its session, not in another", async () => {
  const { holding, burials } = await given("a", "b");
  const [first, second] = burials;
  if (first === undefined || second === undefined) throw new Error("nothing was given");
  await partition.partitions.open(holding, {
    previousChatId: "",
    handle: session("s1"),
    parties,
    partsShown: 0,
    appName: "",
  });
  await partition.partitions.bury(holding, { ...first, session: { chatId: "s1", shown: 1 } });
  expect(await partition.record(c1)).toMatchObject({ shown: "1" });
  await partition.partitions.bury(holding, { ...second, session: { chatId: "s0", shown: 7 } });
  expect(await partition.record(c1)).toMatchObject({ shown: "1", done: "2" });
});

test("bury: another member, a former grant and a forgotten record are refused", async () => {
  const { holding, burials } = await given("a");
  const [head] = burials;
  if (head === undefined) throw new Error("nothing was given");
  const refused = [
    { holding: { ...holding, member: w2 }, status: "stale" },
    { holding: { ...holding, grant: "1.other" }, status: "stale" },
    { holding: { ...holding, conversation: c2 }, status: "gone" },
  ];
  for (const { holding: other, status } of refused) {
    expect(await partition.unchanged(() => partition.partitions.bury(other, head))).toEqual({ status });
  }
});

test("bury: runs when Redis is out of memory", async () => {
  const { holding, burials } = await given("a");
  const [head] = burials;
  if (head === undefined) throw new Error("nothing was given");
  const reply = await partition.outOfMemory(() => partition.partitions.bury(holding, head));
  expect(reply).toEqual({ status: "buried" });
});
