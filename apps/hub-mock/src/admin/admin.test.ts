import { expect, test } from "vitest";
import { createHubMock } from "../app.ts";
import { systemRandom } from "@dms/runtime";
import { ManualClock } from "../testing/manual-clock.ts";
import { startHub, textMessage } from "../testing/running-hub.ts";

test("ledger: it is read in increments, in the order of receipt over all channels", async () => {
  const { call, clock, receive } = await startHub();
  await receive("a");
  await call("/admin/messages", { method: "POST", json: { channel: "sms", messages: [textMessage("b")] } });
  await receive("c");
  const { body } = await call("/admin/ledger?inboundFrom=1");
  expect(body.inbound).toMatchObject([
    { channel: "sms", sequence: 1, id: "sms-in-1", conversationId: "c1", type: "text", receivedAt: clock.wall() },
    { channel: "whatsapp", sequence: 2, message: { text: "c", sentAt: "2026-01-01T00:00:00.000Z" } },
  ]);
  expect((await call("/admin/ledger?inboundFrom=3")).body.inbound).toEqual([]);
  expect((await call("/admin/ledger?inboundFrom=1&limit=1")).body.inbound).toHaveLength(1);
  expect((await call("/admin/ledger?inboundFrom=x")).status).toBe(400);
});

test("messages: what the contract does not allow needs unchecked, and sequence and id are the hub's", async () => {
  const { call } = await startHub();
  const post = (message: object, unchecked = false) =>
    call("/admin/messages", { method: "POST", json: { channel: "whatsapp", unchecked, messages: [message] } });
  const bad = { ...textMessage("a"), type: "smoke-signal", sequence: 99, id: "mine" };
  expect((await post(bad)).status).toBe(400);
  expect((await post({ ...textMessage("a"), text: "x".repeat(65_537) })).status).toBe(400);
  expect((await post(bad, true)).body).toEqual({ messages: [{ sequence: 1, id: "whatsapp-in-1" }] });
  const { body } = await call("/v1/channels/whatsapp/messages");
  expect(body.messages).toMatchObject([{ type: "smoke-signal", sequence: 1, id: "whatsapp-in-1" }]);
});

test("messages: one bad message refuses the whole call, and an unknown channel is 404", async () => {
  const { call, ledger } = await startHub();
  const messages = [textMessage("a"), { ...textMessage("b"), from: undefined }];
  const refused = await call("/admin/messages", { method: "POST", json: { channel: "whatsapp", messages } });
  expect(refused.body).toMatchObject({ status: 400, faults: [{ path: "body.messages.1.from" }] });
  expect((await ledger()).inbound).toEqual([]);
  expect((await call("/admin/messages", { method: "POST", json: { channel: "fax", messages: [] } })).status).toBe(404);
});

test("options: what cannot work is refused with everything that is wrong", () => {
  const create = () =>
    createHubMock({
      clock: new ManualClock(),
      random: systemRandom,
      channels: ["Bad Name"],
      clientId: "",
      clientSecret: "x",
    });
  expect(create).toThrow(/channels: Bad Name.*clientId/);
});
