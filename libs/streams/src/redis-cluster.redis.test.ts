import { type RedisClusterSet, type RedisServer, startRedisCluster, until } from "@dms/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { keySlot } from "./key-slot.ts";
import { c1, d1, w1 } from "./testing/cast.ts";
import { type OpenForm, openForm } from "./testing/open-form.ts";

// The transitions over a real Redis Cluster: three primaries, a replica of each.

const partitions = 6;
const all = [...Array(partitions).keys()];
let cluster: RedisClusterSet;
let form: OpenForm;
let homes: RedisServer[];

beforeAll(async () => {
  cluster = await startRedisCluster();
}, 120_000);

beforeEach(async () => {
  await cluster.awaitOk();
  for (const server of await cluster.primaries()) await server.flush();
  form = await openForm(cluster, { partitions });
  homes = await Promise.all(all.map((partition) => cluster.serverOf(form.keys.partition(partition))));
  for (const partition of all) await form.admit(partition, w1);
  form.resets.splice(0);
});

afterEach(() => form.wire.close());
afterAll(() => cluster.close());

const at = (server: RedisServer): number[] => all.filter((partition) => homes[partition] === server);
const fromStart = (chosen: number[]): Map<number, string> => new Map(chosen.map((partition) => [partition, "0-0"]));

function homeOf(partition: number): RedisServer {
  const home = homes[partition];
  if (home === undefined) throw new Error("each partition has a home");
  return home;
}

/** Gives until the node takes it: right after a fail-over it may not yet. */
async function giveAtLast(partition: number, payload: string): Promise<void> {
  let last = "";
  const give = async (): Promise<boolean> => {
    try {
      await form.give(partition, c1, payload);
      return true;
    } catch (caught) {
      last = String(caught);
      return false;
    }
  };
  await until(give, { timeoutMs: 60_000, describe: () => `partition ${partition} takes nothing: ${last}` });
}

test("a key's slot is the one that Redis computes", async () => {
  for (const key of ["a", "{}b", "{c}d", "x{y}z{v}", "dms:{dms:7}:inbox:w.1", "naïve", "{", "a{b"]) {
    expect([key, keySlot(key)]).toEqual([key, await cluster.slotOf(key)]);
  }
});

test("a reader that waits is told of a new entry in any partition, whichever node it is on", async () => {
  expect(new Set(homes).size).toBe(3);
  const cursors = fromStart(all);
  expect(await form.inbox.read(w1, cursors, { count: 10, blockMs: 50 })).toEqual([]);
  for (const partition of all) {
    const startedAt = performance.now();
    const reading = form.inbox.read(w1, cursors, { count: 10, blockMs: 10_000 });
    await form.give(partition, c1, `m${partition}`);
    const entries = await reading;
    expect(entries).toMatchObject([{ partition, payload: `m${partition}`, seq: 1 }]);
    expect(performance.now() - startedAt).toBeLessThan(5000);
    cursors.set(partition, entries[0]?.entryId ?? "");
  }
});

test("a reader finds within one wait what nobody told it of", async () => {
  const cursors = fromStart(all);
  await form.inbox.read(w1, cursors, { count: 10, blockMs: 20 });
  const look = cluster.look();
  await look.xadd(form.keys.inbox(3, w1), "*", "h", `m 1 life grant ${c1}`, "p", "untold");
  await form.inbox.read(w1, cursors, { count: 10, blockMs: 20 });
  expect(await form.inbox.read(w1, cursors, { count: 10, blockMs: 20 })).toMatchObject([{ payload: "untold" }]);
});

test("a reader that is started anew from the beginning is given everything again, and full reads go on by themselves", async () => {
  for (let index = 0; index < 5; index++) await form.give(0, c1, `m${index}`);
  const cursors = fromStart(all);
  const seen: string[] = [];
  while (seen.length < 5) {
    for (const { partition, entryId, payload } of await form.inbox.read(w1, cursors, { count: 2, blockMs: 1000 })) {
      cursors.set(partition, entryId);
      seen.push(payload);
    }
  }
  expect(seen).toEqual(["m0", "m1", "m2", "m3", "m4"]);
  expect(await form.inbox.read(w1, fromStart(all), { count: 10, blockMs: 1000 })).toHaveLength(5);
});

test("A11: a node that dies resets its own partitions only, and the others' messages flow meanwhile", async () => {
  const dying = homeOf(0);
  const living = all.filter((partition) => homes[partition] !== dying);
  const cursors = fromStart(all);
  await form.inbox.read(w1, cursors, { count: 10, blockMs: 20 });
  await dying.kill();
  for (const partition of living) {
    const reading = form.inbox.read(w1, cursors, { count: 10, blockMs: 10_000 });
    await form.give(partition, c1, "m1");
    const [entry] = await reading;
    expect(entry).toMatchObject({ partition, payload: "m1" });
    cursors.set(partition, entry?.entryId ?? "");
  }
  await cluster.awaitFailOver(dying);
  for (const partition of at(dying)) await giveAtLast(partition, "m1");
  const entries = await form.inbox.read(w1, fromStart(at(dying)), { count: 10, blockMs: 5000 });
  expect(entries).toHaveLength(at(dying).length);
  expect(new Set(form.resets.flat())).toEqual(new Set(at(dying)));
  await dying.start();
}, 120_000);

test("A12: after a node's fail-over a barrier stands for its partitions, and for the registry if it was there, and for no other", async () => {
  const barrierOf = async (partition: number): Promise<number> => {
    const reply = await form.partitions.lead(partition, d1, null);
    return reply.status === "held" ? reply.barrierMs : Number.NaN;
  };
  const registryBarrier = async (): Promise<number> => (await form.registry.survey()).barrierMs;
  const registryHome = await cluster.serverOf(form.keys.registry);
  await registryBarrier();
  const dying = homeOf(0);
  const [living] = all.filter((partition) => homes[partition] !== dying && homes[partition] !== registryHome);
  const other = living ?? all.find((partition) => homes[partition] !== dying) ?? 0;
  // The barrier of the very first look has to pass.
  await expect
    .poll(async () => Math.max(await barrierOf(0), await barrierOf(other), await registryBarrier()), {
      timeout: 60_000,
    })
    .toBe(0);
  await dying.kill();
  await cluster.awaitFailOver(dying);
  await expect.poll(() => barrierOf(0).catch(() => 0), { timeout: 60_000 }).toBeGreaterThan(0);
  expect(await barrierOf(other)).toBe(0);
  expect((await registryBarrier()) > 0).toBe(registryHome === dying);
  await dying.start();
}, 120_000);

test("A11: a planned fail-over of a node resets its partitions, and they go on at the new primary", async () => {
  const former = homeOf(0);
  const [replica] = await cluster.replicasOf(former);
  if (replica === undefined) throw new Error("each primary has a replica");
  await form.give(0, c1, "m1");
  await cluster.failOver(replica);
  await giveAtLast(0, "m2");
  expect(await replica.client().xlen(form.keys.inbox(0, w1))).toBe(2);
  expect(new Set(form.resets.flat())).toEqual(new Set(at(former)));
}, 120_000);

test("while a slot moves, its partition waits as a whole and the others do not; then it goes on at its new node", async () => {
  const from = homeOf(0);
  const to = homes.find((server) => server !== from);
  if (to === undefined) throw new Error("there are three nodes");
  await form.give(0, c1, "m1");
  const answers: unknown[] = [];
  await cluster.moveSlot(keySlot(form.keys.partition(0)), to, {
    halfway: async () => {
      answers.push(await form.give(0, c1, "m2").catch((caught: unknown) => caught));
      await form.give(1, c1, "beside");
    },
  });
  expect(answers).toMatchObject([{ code: "DMS_REDIS_UNAVAILABLE", retryable: true }]);
  expect(String(answers[0])).toMatch(/slot \d+ is on its way to 127\.0\.0\.1:\d+, its partition waits/);
  await giveAtLast(0, "m2");
  const entries = await form.inbox.read(w1, fromStart([0]), { count: 10, blockMs: 5000 });
  expect(entries).toMatchObject([
    { payload: "m1", seq: 1 },
    { payload: "m2", seq: 2 },
  ]);
  expect(form.resets).toEqual([[0]]);
}, 120_000);
