import { systemClock } from "@dms/runtime";
import { type RedisServer, startRedis } from "@dms/testkit";
import { afterEach, expect, test } from "vitest";
import { RedisWire, type WireOptions } from "./redis-wire.ts";
import { c1, channel, d1 } from "./testing/cast.ts";
import { primaryArgs, startReplica } from "./testing/replicated.ts";
import { accept } from "./transitions/accept.ts";
import { agree } from "./transitions/agree.ts";
import { lead } from "./transitions/lead.ts";

// Scripts as they are, by the server's own clock and run id, over plain and durable connections.

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function server(): Promise<RedisServer> {
  const started = await startRedis({ args: primaryArgs });
  closers.push(() => started.close());
  return started;
}

async function wire(redis: RedisServer, durability: WireOptions["durability"] = "none"): Promise<RedisWire> {
  const onNotice = (): void => undefined;
  const options = { settings: redis.settings, durability, durabilityTimeoutMs: 2000, clock: systemClock, onNotice };
  const opened = new RedisWire(options);
  closers.push(() => opened.close());
  await opened.open();
  return opened;
}

const founding = { schema: 1, partitions: 1 };
const leaseRequest = {
  lease: "leader",
  holder: d1,
  token: null,
  nonce: "n",
  isRelease: false,
  leaseMs: 3000,
  longestLeaseMs: 3000,
};

test("a script that the server has forgotten is sent again, and later runs need its name only", async () => {
  const redis = await server();
  const one = await wire(redis);
  await redis.client().script("FLUSH");
  expect(await one.run(agree, "p:", founding)).toEqual({ status: "agreed" });
  const [known] = (await redis.client().script("EXISTS", agree.sha)) as number[];
  expect(known).toBe(1);
});

test("a script that the server has forgotten runs once, durably, with its barrier behind it", async () => {
  const redis = await server();
  const replica = await startReplica(redis);
  closers.push(() => replica.close());
  const one = await wire(redis, { replicas: 1 });
  await redis.client().script("FLUSH");
  const messages = [{ sequence: 1, conversation: c1, payload: "a" }];
  const batch = { channel, after: 0, upTo: 1, isRestart: false, messages, nonce: "n" };
  expect(await one.runDurably(accept, "p:", batch)).toMatchObject({ status: "accepted", accepted: 1 });
  expect(await redis.client().xlen("p:inbox:unplaced")).toBe(1);
  expect(await replica.client().xlen("p:inbox:unplaced")).toBe(1);
});

test("the prelude reads the server's clock in whole milliseconds and its run id", async () => {
  const redis = await server();
  const one = await wire(redis);
  const secondsBefore = Number((await redis.client().time())[0]);
  const reply = await one.run(lead, "p:", leaseRequest);
  expect(reply).toMatchObject({ status: "held", barrierMs: 3000 });
  const held = await redis.client().hgetall("p:leader");
  expect(Number(held["until"])).toBeGreaterThanOrEqual(secondsBefore * 1000 + 3000);
  expect(held["until"]).toMatch(/^\d{13}$/);
  const section = await redis.client().info("server");
  expect(section).toContain(`run_id:${held["run"]}`);
});
