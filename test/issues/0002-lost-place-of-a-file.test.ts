import type { ConversationId, MemberId } from "@dms/protocol";
import type { Partitions } from "@dms/rules";
import { type Durability, systemClock } from "@dms/runtime";
import { makeKeys, makePartitions, recordFields, RedisWire } from "@dms/streams";
import { type RedisServer, startRedis } from "@dms/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

// An agent's file is brought to the hub, its place there is stored, and then the message is sent under its key. When the tail
// that held the place was lost, the next owner brought the file there again: the same key with another place, 409 for ever, and
// all replies of the conversation behind it. So the place must be durable before it is sent.

let server: RedisServer;
const wires: RedisWire[] = [];
const keys = makeKeys("test");
const member = "w1.x" as MemberId;
const conversation = "whatsapp:c1" as ConversationId;

async function opened(durability: Durability): Promise<Partitions> {
  const options = { durability, durabilityTimeoutMs: 100, clock: systemClock, onNotice: () => undefined };
  const wire = new RedisWire({ settings: server.settings, ...options });
  wires.push(wire);
  await wire.open();
  const random = { token: () => "nonce", fraction: () => 0 };
  return makePartitions({ wire, keys, partitions: 1, leaseMs: 3000, clock: systemClock, random });
}

beforeAll(async () => {
  server = await startRedis();
});
afterAll(async () => {
  for (const wire of wires) wire.close();
  await server.close();
});

test("the place of an agent's file at the hub is not answered as stored while only the primary has it", async () => {
  const loose = await opened("none");
  const messages = [{ sequence: 1, conversation, payload: "m1" }];
  const lease = await loose.lead(0, "d1.x" as MemberId, null);
  if (lease.status !== "held") throw new Error("a new lease was not free");
  await loose.admit({ partition: 0, holder: "d1.x" as MemberId, token: lease.token }, member, "active");
  await loose.accept(0, { channel: "whatsapp", after: 0, upTo: 1, isRestart: false, messages });
  const grant = (await server.client().hget(keys.conversation(0, conversation), recordFields.grant)) ?? "";
  const holding = { partition: 0, member, conversation, grant };
  const handle = { chatId: "s1", secureKey: "k", userId: "u", alias: "1", server: "a" };
  const parties = { customer: "c", business: "b" };
  await loose.open(holding, { previousChatId: "", handle, parties, partsShown: 0, appName: "" });
  // Without a replica nothing is durable.
  const strict = await opened({ replicas: 1 });
  const place = { handle, answered: 0, refused: null, pending: '1 {"id":"media-1"}' };
  await expect(strict.advance(holding, place)).rejects.toMatchObject({
    code: "DMS_REDIS_NOT_DURABLE",
    retryable: true,
  });
  const count = { handle, answered: 1, refused: null, pending: "" };
  await expect(strict.advance(holding, count)).resolves.toMatchObject({ status: "advanced" });
});
