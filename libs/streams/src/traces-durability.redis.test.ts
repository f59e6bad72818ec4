import { systemClock } from "@dms/runtime";
import { type RedisServer, startRedis } from "@dms/testkit";
import { afterEach, expect, test } from "vitest";
import type { Holding, Partitions } from "@dms/rules";
import { makeInboxReader } from "./inbox-reader.ts";
import { makeKeys } from "./keys.ts";
import { makePartitions } from "./partition-store.ts";
import { recordFields } from "./record-fields.ts";
import { RedisWire } from "./redis-wire.ts";
import { c1, channel, d1, w1 } from "./testing/cast.ts";
import { awaitReplica, primaryArgs, startReplica } from "./testing/replicated.ts";
import { bury } from "./transitions/bury.ts";

// Traces in which Redis loses the tail of its writes: a primary dies, and its replica, cut off before, takes its place.

const closers: (() => Promise<void> | void)[] = [];
const keys = makeKeys("test");

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function opened(server: RedisServer): Promise<{ wire: RedisWire; partitions: Partitions }> {
  const onNotice = (): void => undefined;
  const options = { durability: { replicas: 1 }, durabilityTimeoutMs: 800, clock: systemClock, onNotice };
  const wire = new RedisWire({ settings: server.settings, ...options });
  closers.push(() => wire.close());
  await wire.open();
  const random = { token: () => "nonce", fraction: () => 0 };
  return { wire, partitions: makePartitions({ wire, keys, partitions: 1, leaseMs: 3000, clock: systemClock, random }) };
}

interface Pair {
  primary: RedisServer;
  replica: RedisServer;
  wire: RedisWire;
  partitions: Partitions;
  holding: Holding;
  entryId: string;
}

/** A primary with its replica, and one conversation of one message that both have. */
async function pairWithMessage(): Promise<Pair> {
  const primary = await startRedis({ args: primaryArgs });
  closers.push(() => primary.close());
  const replica = await startReplica(primary);
  closers.push(() => replica.close());
  const { wire, partitions } = await opened(primary);
  const lease = await partitions.lead(0, d1, null);
  if (lease.status !== "held") throw new Error("a new lease was not free");
  await partitions.admit({ partition: 0, holder: d1, token: lease.token }, w1, "active");
  const messages = [{ sequence: 1, conversation: c1, payload: "m1" }];
  await partitions.accept(0, { channel, after: 0, upTo: 1, isRestart: false, messages });
  const grant = (await primary.client().hget(keys.conversation(0, c1), recordFields.grant)) ?? "";
  const [row] = await primary.client().xrange(keys.inbox(0, w1), "-", "+");
  const holding = { partition: 0, member: w1, conversation: c1, grant };
  return { primary, replica, wire, partitions, holding, entryId: row?.[0] ?? "" };
}

const cutOff = (replica: RedisServer): Promise<unknown> => replica.client().replicaof("NO", "ONE");

function burialOf(entryId: string) {
  return { seq: 1, entryId, session: { chatId: "", shown: 0 }, reason: "rejected", attempts: 1, detail: "" };
}

test("D7, A8 (a bury is durable before the next effect): one that only the primary has is not answered as done", async () => {
  const { primary, replica, wire, partitions, holding, entryId } = await pairWithMessage();
  await cutOff(replica);
  const burial = burialOf(entryId);
  const fault = { code: "DMS_REDIS_NOT_DURABLE", retryable: true };
  await expect(partitions.bury(holding, burial)).rejects.toMatchObject(fault);
  // Without the barrier the worker would go on to m2 ...
  expect(await wire.run(bury, keys.partition(0), { holding, burial })).toEqual({ status: "buried" });
  // ... and after the fail-over the dead letter is gone and m1 is back: the next post would be counted as m1's.
  await primary.kill();
  expect(await replica.client().xlen(keys.dead(0))).toBe(0);
  expect(await replica.client().hget(keys.conversation(0, c1), recordFields.done)).toBe("0");
  const { partitions: afterwards } = await opened(replica);
  await expect(afterwards.bury(holding, burial)).rejects.toMatchObject(fault);
  expect(await replica.client().xlen(keys.dead(0))).toBe(1);
});

test("D7, A8: run again once the replica is back, the same bury is durable and there is one dead letter", async () => {
  const { primary, replica, partitions, holding, entryId } = await pairWithMessage();
  await cutOff(replica);
  await expect(partitions.bury(holding, burialOf(entryId))).rejects.toMatchObject({ code: "DMS_REDIS_NOT_DURABLE" });
  await replica.client().replicaof("127.0.0.1", primary.port);
  await awaitReplica(primary);
  expect(await partitions.bury(holding, burialOf(entryId))).toEqual({ status: "buried" });
  expect(await replica.client().xlen(keys.dead(0))).toBe(1);
});

test("D10, A11 (read again from 0): an entry that came back below the cursor is seen only from the beginning", async () => {
  const { primary, replica, partitions, holding, entryId } = await pairWithMessage();
  await cutOff(replica);
  const settlement = { conversation: c1, grant: holding.grant, done: 1, session: { chatId: "", shown: 0 } };
  await partitions.settle(0, w1, [{ ...settlement, entryIds: [entryId] }]);
  const { promise: reset, resolve } = Promise.withResolvers<number[]>();
  partitions.onReset(resolve);
  await primary.kill();
  expect(await reset).toEqual([0]);
  const { wire } = await opened(replica);
  const reader = makeInboxReader(wire, keys, systemClock);
  const once = { count: 10, blockMs: 10 };
  expect(await reader.read(w1, new Map([[0, entryId]]), once)).toEqual([]);
  expect(await reader.read(w1, new Map([[0, "0-0"]]), once)).toMatchObject([{ payload: "m1", seq: 1 }]);
});
