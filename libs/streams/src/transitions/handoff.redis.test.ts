import type { Holding } from "@dms/rules";
import { expect, test } from "vitest";
import { c1, c2, parties, session, w1, w2, w3 } from "../testing/cast.ts";
import { usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();

async function given(...payloads: string[]): Promise<Holding> {
  await partition.admit(w1, w2);
  await partition.give(c1, ...payloads);
  return partition.holding(c1);
}

test("handoff: another member owns the conversation under a new grant, with a takeover entry; again is stale", async () => {
  const holding = await given("a", "b");
  await partition.partitions.open(holding, {
    previousChatId: "",
    handle: session("s1"),
    parties,
    partsShown: 0,
    appName: "",
  });
  const replies = await partition.twice(() => partition.partitions.handoff(holding, "shed"));
  expect(replies).toEqual([{ status: "moved", to: w2 }, { status: "stale" }]);
  const taken = await partition.holding(c1);
  expect(taken).toMatchObject({ member: w2 });
  expect(taken.grant).not.toBe(holding.grant);
  expect(await partition.record(c1)).toMatchObject({ life: holding.grant, seq: "2", done: "0", chat: "s1" });
  expect(await partition.inbox(w2)).toMatchObject([
    { kind: "takeover", seq: 0, life: holding.grant, grant: taken.grant, conversation: c1, payload: `shed - ${w1}` },
  ]);
  expect(await partition.inbox(w1)).toHaveLength(2);
  expect(await partition.loads()).toEqual({ [w1]: 0, [w2]: 1 });
});

test("handoff: a member that is not placeable any more gives away all the same, and never to itself", async () => {
  const holding = await given("a");
  await partition.partitions.withdraw(0, w1);
  expect(await partition.partitions.handoff(holding, "drain")).toEqual({ status: "moved", to: w2 });
  const back = await partition.unchanged(async () => partition.partitions.handoff(await partition.holding(c1), "shed"));
  expect(back).toEqual({ status: "nowhere" });
});

test("handoff: with no other member placeable it goes nowhere and nothing changes", async () => {
  await partition.admit(w1);
  await partition.give(c1, "a");
  const holding = await partition.holding(c1);
  const reply = await partition.unchanged(() => partition.partitions.handoff(holding, "shed"));
  expect(reply).toEqual({ status: "nowhere" });
});

test("handoff: the wait for a dead former owner's last effects goes along", async () => {
  await given("a");
  await partition.failOver(w1, "lease-ended", 1500);
  await partition.admit(w3);
  const holding = await partition.holding(c1);
  expect(await partition.partitions.handoff(holding, "drain")).toEqual({ status: "moved", to: w3 });
  expect(await partition.partitions.load(0, w3, [c1])).toMatchObject([{ record: { holdMs: 1500, suspect: 1 } }]);
});

test("handoff: another member, a former grant and a forgotten record are refused", async () => {
  const holding = await given("a");
  const refused = [
    { holding: { ...holding, member: w2 }, status: "stale" },
    { holding: { ...holding, grant: "1.other" }, status: "stale" },
    { holding: { ...holding, conversation: c2 }, status: "gone" },
  ];
  for (const { holding: other, status } of refused) {
    expect(await partition.unchanged(() => partition.partitions.handoff(other, "shed"))).toEqual({ status });
  }
});

test("handoff: runs when Redis is out of memory", async () => {
  const holding = await given("a");
  const reply = await partition.outOfMemory(() => partition.partitions.handoff(holding, "shed"));
  expect(reply).toEqual({ status: "moved", to: w2 });
});
