import { expect, test } from "vitest";
import { usePartition } from "../testing/partition-fixture.ts";

const partition = usePartition();

test("agree: the first caller founds the cluster, and the same answer is given ever after", async () => {
  const replies = await partition.twice(() => partition.registry.agree({ schema: 1, partitions: 8 }));
  expect(replies).toEqual([{ status: "agreed" }, { status: "agreed" }]);
});

test("agree: another schema or number of partitions differs, and the founding stands", async () => {
  await partition.registry.agree({ schema: 1, partitions: 8 });
  for (const other of [
    { schema: 2, partitions: 8 },
    { schema: 1, partitions: 16 },
  ]) {
    const reply = await partition.unchanged(() => partition.registry.agree(other));
    expect(reply).toEqual({ status: "differs", schema: 1, partitions: 8 });
  }
});

test("agree: runs when Redis is out of memory", async () => {
  const founding = { schema: 1, partitions: 8 };
  expect(await partition.outOfMemory(() => partition.registry.agree(founding))).toEqual({ status: "agreed" });
});
