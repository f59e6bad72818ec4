import { expect, test } from "vitest";
import { reply, type RunningHub, startHub } from "../testing/running-hub.ts";

const dayMs = 24 * 60 * 60 * 1000;

function send({ call }: RunningHub, key: string, json: object = reply) {
  return sendOn({ call }, key, { channel: "whatsapp", json });
}

function sendOn({ call }: Pick<RunningHub, "call">, key: string, { channel, json }: { channel: string; json: object }) {
  const headers = { "idempotency-key": key };
  return call(`/v1/channels/${channel}/messages`, { method: "POST", headers, json });
}

test("send: the same key sends once and is answered alike", async () => {
  const hub = await startHub();
  const first = await send(hub, "k1");
  const second = await send(hub, "k1");
  expect(first.headers.get("idempotency-replayed")).toBeNull();
  expect(second.headers.get("idempotency-replayed")).toBe("true");
  expect(second.body).toEqual(first.body);
  expect(await hub.ledger()).toMatchObject({
    outbound: [{ channel: "whatsapp", id: first.body.id, idempotencyKey: "k1", conversationId: "c1", message: reply }],
    replays: 1,
    conflicts: 0,
  });
});

test("send: the order of the body's fields does not make it another body, a different text does", async () => {
  const hub = await startHub();
  await send(hub, "k1");
  expect((await send(hub, "k1", Object.fromEntries(Object.entries(reply).toReversed()))).status).toBe(202);
  expect((await send(hub, "k1", { ...reply, text: "Bye" })).status).toBe(409);
  const { outbound, replays, conflicts } = await hub.ledger();
  expect([outbound.length, replays, conflicts]).toEqual([1, 1, 1]);
});

test("send: two at once with one key are one message", async () => {
  const hub = await startHub();
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(hub, "k1")));
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  expect((await hub.ledger()).outbound).toHaveLength(1);
});

test("send: a key is remembered for 24 hours and for its own channel", async () => {
  const hub = await startHub({ tokenSeconds: 2 * 86_400 });
  await send(hub, "k1");
  expect((await sendOn(hub, "k1", { channel: "sms", json: { ...reply, text: "sms" } })).status).toBe(202);
  hub.clock.advance(dayMs - 1);
  expect((await send(hub, "k1")).headers.get("idempotency-replayed")).toBe("true");
  hub.clock.advance(1);
  expect((await send(hub, "k1")).headers.get("idempotency-replayed")).toBeNull();
  expect((await hub.ledger()).outbound).toHaveLength(3);
});

test("send: a refused message leaves its key free", async () => {
  const hub = await startHub();
  expect((await send(hub, "k1", { ...reply, text: "" })).status).toBe(422);
  expect((await send(hub, "k1")).status).toBe(202);
});

test("activity: what was asked for is in the ledger", async () => {
  const hub = await startHub();
  const json = { conversationId: "c1", to: "anna", kind: "read", messageId: "m1" };
  const answer = await hub.call("/v1/channels/sms/activity", { method: "POST", json });
  expect([answer.status, answer.body]).toEqual([202, ""]);
  expect((await hub.ledger()).activities).toMatchObject([{ channel: "sms", ...json, receivedAt: hub.clock.wall() }]);
});
