import type { RedisServer, SentinelSet } from "@dms/testkit";
import { awaitReplicas, startSentinelSet, until } from "@dms/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { c1, c2, w1 } from "./testing/cast.ts";
import { type OpenForm, openForm } from "./testing/open-form.ts";

// The transitions over real sentinels: a primary, two replicas, three sentinels.

let set: SentinelSet;
let form: OpenForm;

beforeEach(async () => {
  set = await startSentinelSet();
  form = await openForm(set, { durability: { replicas: 1 }, durabilityTimeoutMs: 500, commandTimeoutMs: 500 });
  await form.admit(0, w1);
  await form.give(0, c1, "m1");
  // One of two replicas is no majority: the sentinels may choose the other one.
  await awaitReplicas(await set.primary(), 2);
}, 120_000);

afterEach(async () => {
  form.wire.close();
  await set.close();
});

/** Gives until the set takes it, as the fetcher does. */
async function giveAtLast(payload: string): Promise<void> {
  let last = "";
  const give = async (): Promise<boolean> => {
    try {
      await form.give(0, c1, payload);
      return true;
    } catch (caught) {
      last = String(caught);
      return false;
    }
  };
  await until(give, { timeoutMs: 60_000, describe: () => `nothing is taken: ${last}` });
}

const payloads = async (server: RedisServer): Promise<unknown[]> => {
  const rows = await server.client().xrange(form.keys.inbox(0, w1), "-", "+");
  return rows.map(([, fields]) => fields[3]);
};

test("a killed primary: what was durable is at the next one, and work goes on there", async () => {
  const former = await set.primary();
  await former.kill();
  await giveAtLast("m2");
  const next = await set.primary();
  expect(next).not.toBe(former);
  expect(await payloads(next)).toEqual(["m1", "m2"]);
  expect(form.resets.length).toBeGreaterThan(0);
}, 120_000);

test("a frozen primary closes nothing: its connections are given up, and work goes on at the next one", async () => {
  const former = await set.primary();
  former.freeze();
  await giveAtLast("m2");
  const next = await set.primary();
  expect(next).not.toBe(former);
  expect(await payloads(next)).toEqual(["m1", "m2"]);
  former.thaw();
}, 120_000);

test("a primary that comes back is a replica, and nobody writes to it", async () => {
  const former = await set.primary();
  await former.kill();
  await set.awaitFailOver(former);
  await former.start();
  await giveAtLast("m2");
  const next = await set.primary();
  expect(next).not.toBe(former);
  await awaitReplicas(next, 2);
  await giveAtLast("m3");
  await until(async () => (await payloads(former)).length === 3, {
    timeoutMs: 60_000,
    describe: () => "the former primary has not copied what the present one has",
  });
}, 120_000);

test("a planned fail-over: what all replicas have is at the next primary, and work goes on there", async () => {
  await form.give(0, c2, "n1");
  // Sentinels do not hold writes back for it, so it is a fail-over like any other: only what is copied is safe.
  await awaitReplicas(await set.primary(), 2);
  const next = await set.failOver();
  await giveAtLast("m2");
  expect(await payloads(next)).toEqual(["m1", "n1", "m2"]);
}, 120_000);
