import type { Holding, Partitions } from "@dms/rules";
import { expect, test } from "vitest";
import { c1, c2, parties, session, w1, w2 } from "../testing/cast.ts";
import { usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();

type Advance = Parameters<Partitions["advance"]>[1];

function answered(count: number, changes: Partial<Advance> = {}): Advance {
  return { handle: session("s1"), answered: count, refused: null, pending: "", ...changes };
}

async function opened(): Promise<Holding> {
  await partition.admit(w1, w2);
  await partition.give(c1, "a");
  const holding = await partition.holding(c1);
  await partition.partitions.open(holding, {
    previousChatId: "",
    handle: session("s1"),
    parties,
    partsShown: 0,
    appName: "",
  });
  return holding;
}

test("advance: stores the count, the alias and the server, and again changes nothing", async () => {
  const holding = await opened();
  const next = answered(2, { handle: session("s1", { alias: "7", server: "http://b" }) });
  const replies = await partition.twice(() => partition.partitions.advance(holding, next));
  expect(replies).toEqual([
    { status: "advanced", answered: 2 },
    { status: "advanced", answered: 2 },
  ]);
  expect(await partition.record(c1)).toMatchObject({ answered: "2", alias: "7", server: "http://b" });
});

test("advance: a late copy lowers nothing and says where the count stands (A6)", async () => {
  const holding = await opened();
  await partition.partitions.advance(holding, answered(5, { handle: session("s1", { alias: "9" }) }));
  const late = await partition.unchanged(() => partition.partitions.advance(holding, answered(3)));
  expect(late).toEqual({ status: "advanced", answered: 5 });
});

test("advance: a reply that the hub refused goes to the dead letters once", async () => {
  const holding = await opened();
  const next = answered(1, { refused: { reason: "text too long", payload: '{"text":"x"}' } });
  await partition.twice(() => partition.partitions.advance(holding, next));
  expect(await partition.deadLetters()).toEqual([["reply-rejected", c1, "1", '{"text":"x"}']]);
});

test("advance: another session, member or grant is stale and a forgotten record is gone", async () => {
  const holding = await opened();
  const { partitions } = partition;
  const late = answered(40, { handle: session("s0") });
  expect(await partition.unchanged(() => partitions.advance(holding, late))).toEqual({ status: "stale" });
  const refused = [
    { holding: { ...holding, member: w2 }, status: "stale" },
    { holding: { ...holding, grant: "1.other" }, status: "stale" },
    { holding: { ...holding, conversation: c2 }, status: "gone" },
  ];
  for (const { holding: other, status } of refused) {
    expect(await partition.unchanged(() => partitions.advance(other, answered(1)))).toEqual({ status });
  }
});

test("advance: what the next reply has brought to the hub is kept until that reply is counted", async () => {
  const holding = await opened();
  await partition.partitions.advance(holding, answered(0, { pending: "media-1" }));
  expect(await partition.record(c1)).toMatchObject({ pending: "media-1" });
  await partition.partitions.advance(holding, answered(1));
  expect(await partition.record(c1)).not.toHaveProperty("pending");
  await partition.unchanged(() => partition.partitions.advance(holding, answered(0, { pending: "media-1" })));
});

test("advance: a count that grows and what comes after it may be told in one call", async () => {
  const holding = await opened();
  const both = answered(1, { pending: "media-2" });
  await partition.twice(() => partition.partitions.advance(holding, both));
  expect(await partition.record(c1)).toMatchObject({ answered: "1", pending: "media-2" });
});

test("advance: runs when Redis is out of memory", async () => {
  const holding = await opened();
  const reply = await partition.outOfMemory(() => partition.partitions.advance(holding, answered(1)));
  expect(reply).toEqual({ status: "advanced", answered: 1 });
});
