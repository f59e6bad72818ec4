import { expect, test } from "vitest";
import { c1, c2, w1, w2 } from "../testing/cast.ts";
import { usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();

test("withdraw: the member gets no new conversations and learns what it still holds; again changes nothing", async () => {
  await partition.admit(w1, w2);
  await partition.give(c1, "a", "b");
  const replies = await partition.twice(() => partition.partitions.withdraw(0, w1));
  expect(replies).toEqual([
    { owned: 1, entries: 2 },
    { owned: 1, entries: 2 },
  ]);
  await partition.give(c2, "c");
  expect(await partition.loads()).toEqual({ [w2]: 1 });
  expect((await partition.partitions.inspect(0)).members[0]).toMatchObject({
    member: w1,
    state: "draining",
    owned: 1,
    entries: 2,
  });
});

test("withdraw: an evicted member stays evicted and an unknown one unknown", async () => {
  await partition.admit(w1);
  await partition.evict(w1);
  for (const member of [w1, w2]) {
    const reply = await partition.unchanged(() => partition.partitions.withdraw(0, member));
    expect(reply).toEqual({ owned: 0, entries: 0 });
  }
});

test("withdraw: runs when Redis is out of memory", async () => {
  await partition.admit(w1);
  await partition.outOfMemory(() => partition.partitions.withdraw(0, w1));
  expect(await partition.loads()).toEqual({});
});
