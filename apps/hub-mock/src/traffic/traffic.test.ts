import { describe, expect, test } from "vitest";
import { reply, type RunningHub, startHub } from "../testing/running-hub.ts";
import type { LoggedMessage } from "../messages.ts";

function start({ call }: RunningHub, plan: object) {
  return call("/admin/traffic", { method: "POST", json: { channel: "whatsapp", ...plan } });
}

function messagesOf({ mock }: RunningHub): LoggedMessage[] {
  return mock.ledger.inbound.map(({ message }) => message);
}

function byConversation(messages: LoggedMessage[]): Map<string, LoggedMessage[]> {
  return Map.groupBy(messages, ({ conversationId }) => conversationId);
}

describe("traffic", () => {
  test("traffic: it writes at its mean rate, in as many conversations as it should, and stops by itself", async () => {
    const hub = await startHub();
    await start(hub, { rate: 100, conversations: 50, seconds: 60 });
    hub.clock.advance(30_000);
    const half = messagesOf(hub).length;
    hub.clock.advance(60_000);
    expect(half).toBeGreaterThan(2400);
    expect(half).toBeLessThan(3600);
    const { body } = await hub.call("/admin/traffic");
    expect(body).toMatchObject({ running: false, generated: messagesOf(hub).length });
    expect(body.generated).toBeGreaterThan(half * 1.7);
    expect(byConversation(messagesOf(hub)).size).toBeLessThanOrEqual(body.conversationsStarted);
    expect(hub.clock.pending).toBe(0);
  });

  test("traffic: texts of a conversation are numbered in order and of many kinds", async () => {
    const hub = await startHub();
    await start(hub, { rate: 200, conversations: 20, seconds: 30, types: { text: 1 } });
    hub.clock.advance(30_000);
    for (const [id, messages] of byConversation(messagesOf(hub))) {
      const markers = messages.filter(({ type }) => type === "text").map(({ text }) => text?.split(" ")[0]);
      expect(markers).toEqual(markers.map((_, index) => `#${id}-${index + 1}`));
    }
    const texts = messagesOf(hub).map(({ text }) => text ?? "");
    expect(new Set(texts).size).toBe(texts.length);
    expect(Math.max(...texts.map((text) => text.length))).toBeGreaterThan(20_000);
    expect(Math.max(...texts.map((text) => text.length))).toBeLessThanOrEqual(65_536);
    expect(texts.every((text) => text.isWellFormed())).toBe(true);
    for (const sign of ["😀", "م", "ה", "e\u0301", "𠮷"]) expect(texts.some((text) => text.includes(sign))).toBe(true);
  });

  test("traffic: every type occurs, and its files can be downloaded", async () => {
    const hub = await startHub();
    await start(hub, { rate: 500, conversations: 50, seconds: 10 });
    hub.clock.advance(10_000);
    const types = new Set(messagesOf(hub).map(({ type }) => type));
    expect([...types].toSorted()).toEqual([
      "activity",
      "contact",
      "interactive",
      "location",
      "media",
      "receipt",
      "text",
    ]);
    const signs = new Set(messagesOf(hub).flatMap(({ activity }) => activity ?? []));
    expect([...signs].toSorted()).toEqual(["ended", "typing-started", "typing-stopped"]);
    const media = messagesOf(hub).flatMap((message) => message.media ?? []);
    expect(media.some(({ caption }) => caption?.startsWith("#"))).toBe(true);
    for (const { id, bytes } of new Map(media.map((file) => [file.id, file])).values()) {
      const answer = await hub.call(`/v1/media/${id}`);
      expect([answer.status, Number(answer.headers.get("content-length"))]).toEqual([200, bytes]);
    }
  });

  test("traffic: a hot conversation and bursts come on top", async () => {
    const hub = await startHub();
    const hotConversation = { messages: 300, rate: 100 };
    const burst = { everyS: 5, size: 400 };
    await start(hub, { rate: 1, conversations: 10, messagesPerConversation: 200, hotConversation, burst });
    hub.clock.advance(4900);
    const before = messagesOf(hub);
    expect(Math.max(...[...byConversation(before).values()].map((messages) => messages.length))).toBe(300);
    hub.clock.advance(200);
    expect(messagesOf(hub).length - before.length).toBeGreaterThanOrEqual(400);
    const isRunning = async () => (await hub.call("/admin/traffic")).body.running;
    expect(await isRunning()).toBe(true);
    await hub.call("/admin/traffic", { method: "DELETE" });
    expect(await isRunning()).toBe(false);
    expect(hub.clock.pending).toBe(0);
  });

  test("traffic: a seed writes the same again, in conversations of its own", async () => {
    const texts = async (seed: number): Promise<string[]> => {
      const hub = await startHub();
      await start(hub, { rate: 50, conversations: 5, seconds: 10, seed });
      hub.clock.advance(10_000);
      return messagesOf(hub).map(({ text }) => text?.replace(/^#t\w+/, "") ?? "");
    };
    const [first, second, other] = [await texts(5), await texts(5), await texts(6)];
    expect(first.length).toBeGreaterThan(300);
    expect(second).toEqual(first);
    expect(other).not.toEqual(first);
  });

  test("traffic: an accepted message is followed by receipts in order", async () => {
    const hub = await startHub();
    await start(hub, { rate: 0.001, conversations: 1, receipts: true });
    const headers = { "idempotency-key": "k1" };
    const sent = await hub.call("/v1/channels/whatsapp/messages", { method: "POST", json: reply, headers });
    await hub.call("/v1/channels/whatsapp/messages", { method: "POST", json: reply, headers });
    hub.clock.advance(60_000);
    const receipts = messagesOf(hub).flatMap(({ receipt }) => (receipt === undefined ? [] : [receipt]));
    expect(receipts.every(({ messageId }) => messageId === sent.body.id)).toBe(true);
    expect(["sent delivered", "sent delivered read", "failed"]).toContain(
      receipts.map(({ status }) => status).join(" "),
    );
    expect(messagesOf(hub)[0]).toMatchObject({ conversationId: "c1", from: { id: "anna" }, to: { id: "shop" } });
  });

  test("traffic: a second one on the channel is refused, one on another channel is not", async () => {
    const hub = await startHub();
    const plan = { rate: 10, conversations: 2 };
    expect((await start(hub, plan)).status).toBe(202);
    expect((await start(hub, plan)).status).toBe(409);
    expect((await start(hub, { ...plan, channel: "sms" })).status).toBe(202);
    expect((await start(hub, { ...plan, channel: "fax" })).status).toBe(404);
    expect((await start(hub, { ...plan, channel: "sms", rate: 0 })).status).toBe(400);
  });
});

describe("replay", () => {
  const at = (second: number) => new Date(Date.UTC(2017, 0, 1, 0, 0, second)).toISOString();
  const conversations = [
    {
      customer: "115798",
      brand: "delta",
      messages: [
        { id: "1", at: at(0), from: "customer", text: "Where is my bag? &amp; 😥" },
        { id: "2", at: at(10), from: "brand", text: "We look." },
        { id: "3", at: at(600), from: "customer", text: "Thanks" },
      ],
    },
    { customer: "2", brand: "delta", messages: [{ at: at(0), from: "brand", text: "Anybody there?" }] },
  ];
  const replay = ({ call }: RunningHub, plan: object) =>
    call("/admin/replay", { method: "POST", json: { channel: "whatsapp", conversations, ...plan } });

  test("replay: the customers' messages come in order, marked, at the pauses asked for", async () => {
    const hub = await startHub();
    expect((await replay(hub, { pauseMs: { min: 100, max: 200 } })).body).toMatchObject({ conversationsStarted: 1 });
    hub.clock.advance(450);
    const messages = messagesOf(hub);
    expect(messages.map(({ text }) => text?.replace(/^#r\w+\.1-/, ""))).toEqual([
      "1 Where is my bag? &amp; 😥",
      "2 Thanks",
    ]);
    expect(messages[0]).toMatchObject({ from: { id: "customer-115798" }, to: { id: "business-delta" }, type: "text" });
    expect((await hub.call("/admin/traffic")).body).toMatchObject({ running: false, generated: 2 });
  });

  test("replay: with a speed the real pauses count, within the bounds", async () => {
    const hub = await startHub();
    await replay(hub, { pauseMs: { min: 0, max: 50_000 }, speed: 60 });
    hub.clock.advance(200_000);
    const [first, second] = hub.mock.ledger.inbound.map(({ receivedAt }) => receivedAt);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(9_990);
    expect((second ?? 0) - (first ?? 0)).toBeLessThanOrEqual(10_010);
  });

  test("replay: a plan that cannot be read is refused", async () => {
    const hub = await startHub();
    expect((await replay(hub, { pauseMs: { min: 2, max: 1 } })).status).toBe(400);
    expect((await replay(hub, { pauseMs: { min: 1, max: 2 }, channel: "fax" })).status).toBe(404);
  });
});
