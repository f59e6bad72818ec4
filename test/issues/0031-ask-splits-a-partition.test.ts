import { makeKeys, makePartitions, recordFields, RedisWire } from "@dms/streams";
import { systemClock } from "@dms/runtime";
import { type RedisClusterSet, type RedisLook, startRedisCluster } from "@dms/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

// A slot of a Redis Cluster moves key by key. A transition names its partition by a prefix that is no key, so the old node answers
// ASK from the first moment. A client library follows that by itself, to a node that has only a part of the partition yet: the
// transition finds no record there and begins a second one.

const keys = makeKeys("moved");
const conversation = "whatsapp:c1";
let cluster: RedisClusterSet;

beforeAll(async () => {
  cluster = await startRedisCluster({ replicasEach: 0 });
}, 60_000);

afterAll(() => cluster.close());

/** `accept` reduced to what matters here: the next `seq` of a record that may exist. */
const next = "return redis.call('HINCRBY', KEYS[1] .. 'conversation:' .. ARGV[1], 'seq', 1)";

const nextSeq = (look: RedisLook, partition: number): Promise<unknown> =>
  look.call("eval", next, 1, keys.partition(partition), conversation);

/** Moves a partition's slot, and does something before the first key is at the new node. */
async function moveMeanwhile(partition: number, meanwhile: () => Promise<void>): Promise<unknown> {
  const prefix = keys.partition(partition);
  const from = await cluster.serverOf(prefix);
  const to = (await cluster.primaries()).find((server) => server !== from);
  if (to === undefined) throw new Error("there are three nodes");
  const move = { halfway: meanwhile, halfwayKeys: 0 };
  return cluster.moveSlot(await cluster.slotOf(prefix), to, move).catch((caught: unknown) => caught);
}

test("a client that follows ASK begins a second record of a conversation, and the move ends in a conflict", async () => {
  const look = cluster.look();
  expect(await nextSeq(look, 0)).toBe(1);
  const seqs: unknown[] = [];
  const outcome = await moveMeanwhile(0, async () => void seqs.push(await nextSeq(look, 0)));
  expect(seqs).toEqual([1]);
  expect(String(outcome)).toContain("BUSYKEY");
});

test("the wire does not follow it: the partition waits, and its records move whole", async () => {
  const options = { durability: "none", durabilityTimeoutMs: 1000, clock: systemClock } as const;
  const wire = new RedisWire({ ...options, settings: cluster.settings, onNotice: () => undefined });
  await wire.open();
  const random = { token: () => "n", fraction: () => 0 };
  const partitions = makePartitions({ wire, keys, partitions: 8, leaseMs: 3000, clock: systemClock, random });
  const accept = (after: number): Promise<unknown> => {
    const messages = [{ sequence: after + 1, conversation: conversation as never, payload: "m" }];
    return partitions.accept(1, { channel: "whatsapp", after, upTo: after + 1, isRestart: false, messages });
  };
  await accept(0);
  const answers: unknown[] = [];
  const outcome = await moveMeanwhile(
    1,
    async () => void answers.push(await accept(1).catch((caught: unknown) => caught)),
  );
  expect(answers).toMatchObject([{ code: "DMS_REDIS_UNAVAILABLE", retryable: true }]);
  expect(outcome).toBeUndefined();
  expect(await accept(1)).toMatchObject({ status: "accepted", accepted: 1, opened: 0 });
  const record = await cluster.look().hgetall(keys.conversation(1, conversation as never));
  expect(record).toMatchObject({ [recordFields.seq]: "2" });
  wire.close();
});
