import { readFileSync, existsSync } from "node:fs";
import { resolve } from "node:path";
import { systemRandom } from "@dms/runtime";
import { expect, test } from "vitest";
import { createHubMock } from "./app.ts";
import { check, contract, contractFile, expectContract } from "./testing/contract.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { getToken, reply, type RunningHub, startHub, textMessage } from "./testing/running-hub.ts";

/**
 * Holds the mock against the Hub contract: each path and method is there, and each answer, good or bad, has a status
 * that the contract names for it and a body that fits the schema there.
 */
const messages = "/v1/channels/{channelId}/messages";

/** Where the contract is kept that other teams build against; ours must be the same to the letter. */
const sharedFile = resolve(import.meta.dirname, "../../../../shared/api/hub.openapi.yaml");

test.skipIf(!existsSync(sharedFile))("the published contract is the one that others build against", () => {
  expect(readFileSync(contractFile, "utf8")).toBe(readFileSync(sharedFile, "utf8"));
});

test("every path and method of the contract exists", async () => {
  const client = { clientId: "dms", clientSecret: "secret" };
  const { app } = createHubMock({
    clock: new ManualClock(),
    random: systemRandom,
    channels: ["whatsapp"],
    ...client,
  });
  await app.ready();
  for (const [path, item] of Object.entries(contract.paths)) {
    for (const method of Object.keys(item).filter((key) => key !== "parameters")) {
      const url = path.replaceAll(/\{(\w+)\}/g, ":$1");
      expect(app.hasRoute({ method: method.toUpperCase() as "GET", url }), `${method} ${path}`).toBe(true);
    }
  }
  await app.close();
});

test("token: success and both errors", async () => {
  const hub = await startHub();
  const at = "POST /oauth/token";
  expectContract(at, await getToken(hub.url));
  for (const [form, authorization, status] of [
    ["grant_type=password", undefined, 400],
    ["", undefined, 400],
    ["grant_type=client_credentials", "Basic bm8=", 401],
  ] as const) {
    const answer = await getToken(hub.url, form, authorization);
    expect(answer.status).toBe(status);
    expectContract(at, answer);
  }
  expectContract(at, await hub.call("/oauth/token", { method: "POST", json: { grant_type: "client_credentials" } }));
});

test("fetch: messages of every type that traffic makes, and every error", async () => {
  const hub = await startHub({ waitersMax: 0 });
  const traffic = { channel: "whatsapp", rate: 1000, conversations: 20, types: { text: 1, media: 1, location: 1 } };
  await hub.call("/admin/traffic", { method: "POST", json: traffic });
  hub.clock.advance(500);
  await hub.call("/admin/traffic", { method: "DELETE" });
  await hub.call("/admin/traffic", { method: "POST", json: { ...traffic, types: undefined, rate: 2000 } });
  hub.clock.advance(500);
  const at = `GET ${messages}`;
  const path = "/v1/channels/whatsapp/messages";
  const { body } = await check(hub, 200, { at, path: `${path}?limit=1000` });
  expect(new Set(body.messages.map(({ type }: { type: string }) => type)).size).toBe(7);
  await check(hub, 200, { at, path: `${path}?after=999999` });
  await check(hub, 400, { at, path: `${path}?after=-1` });
  await check(hub, 400, { at, path: `${path}?limit=1001` });
  await check(hub, 400, { at, path: `${path}?waitMs=x` });
  await check(hub, 400, { at, path: `${path}?after=1&after=2` });
  await check(hub, 401, { at, path, headers: { authorization: "Bearer wrong" } });
  await check(hub, 404, { at, path: "/v1/channels/fax/messages" });
  await check(hub, 404, { at, path: "/v1/channels/No_Name/messages" });
  await check(hub, 429, { at, path: `${path}?after=999999&waitMs=1000` });
  await putFaults(hub, [{ operation: "fetch", kind: "status", probability: 1, status: 503, retryAfterS: 7 }]);
  const busy = await check(hub, 503, { at, path });
  expect(busy.headers.get("retry-after")).toBe("7");
});

test("send: success, replay and every error", async () => {
  const hub = await startHub({ bodyBytesMax: 2000 });
  const at = `POST ${messages}`;
  const path = "/v1/channels/whatsapp/messages";
  const headers = { "idempotency-key": "k1" };
  await check(hub, 202, { at, path, headers, json: reply });
  const replayed = await check(hub, 202, { at, path, headers, json: reply });
  expect(replayed.headers.get("idempotency-replayed")).toBe("true");
  await check(hub, 409, { at, path, headers, json: { ...reply, text: "other" } });
  await check(hub, 400, { at, path, json: reply });
  await check(hub, 400, { at, path, json: reply, headers: { "idempotency-key": "k".repeat(256) } });
  await check(hub, 400, { at, path, headers, json: { ...reply, to: 5 } });
  await check(hub, 400, { at, path, headers: { ...headers, "content-type": "application/json" }, body: "{" });
  await check(hub, 400, { at, path, headers, body: "<xml/>" });
  await check(hub, 400, { at, path, headers: { ...headers, "content-type": "image/png" }, body: "<xml/>" });
  await check(hub, 401, { at, path, headers: { authorization: "Basic x" }, json: reply });
  await check(hub, 404, { at, path: "/v1/channels/fax/messages", headers, json: reply });
  await check(hub, 413, { at, path, headers, json: { ...reply, text: "x".repeat(2000) } });
  const fresh = { "idempotency-key": "k2" };
  await check(hub, 422, { at, path, headers: fresh, json: { ...reply, text: undefined } });
  await check(hub, 422, { at, path, headers: fresh, json: { ...reply, type: "media" } });
  await check(hub, 422, { at, path, headers: fresh, json: { ...reply, type: "media", media: [{ id: "none" }] } });
  await check(hub, 422, { at, path, headers: fresh, json: { ...reply, type: "structured" } });
  for (const status of [429, 503]) {
    await putFaults(hub, [{ operation: "send", kind: "status", probability: 1, status }]);
    await check(hub, status, { at, path, headers, json: reply });
  }
});

test("confirm, activity and media: success and every error", async () => {
  const hub = await startHub({ mediaBytesMax: 1000 });
  await hub.receive("one", "two");
  const confirm = { at: `POST ${messages}/confirm`, path: "/v1/channels/whatsapp/messages/confirm" };
  await check(hub, 200, { ...confirm, json: { upTo: 2 } });
  await check(hub, 400, { ...confirm, json: { upTo: 3 } });
  await check(hub, 400, { ...confirm, json: { upTo: "1" } });
  await check(hub, 401, { ...confirm, json: { upTo: 1 }, headers: { authorization: "Bearer x" } });
  await check(hub, 404, { ...confirm, path: "/v1/channels/fax/messages/confirm", json: { upTo: 1 } });
  const activity = { at: "POST /v1/channels/{channelId}/activity", path: "/v1/channels/whatsapp/activity" };
  const sign = { conversationId: "c1", to: "anna", kind: "typing-started" };
  await check(hub, 202, { ...activity, json: sign });
  await check(hub, 400, { ...activity, json: { ...sign, kind: "sleeping" } });
  await check(hub, 404, { ...activity, path: "/v1/channels/fax/activity", json: sign });
  await check(hub, 401, { ...activity, json: sign, headers: { authorization: "Bearer x" } });
  const upload = { at: "POST /v1/media", path: "/v1/media" };
  const stored = await check(hub, 201, { ...upload, body: "{}", headers: { "content-type": "application/json" } });
  await check(hub, 413, { ...upload, body: "x".repeat(1001) });
  await check(hub, 400, { ...upload, body: "" });
  await check(hub, 401, { ...upload, body: "x", headers: { authorization: "Bearer x" } });
  const at = "GET /v1/media/{mediaId}";
  await check(hub, 200, { at, path: `/v1/media/${stored.body.id}` });
  await check(hub, 404, { at, path: "/v1/media/none" });
  await check(hub, 401, { at, path: "/v1/media/none", headers: { authorization: "Bearer x" } });
});

test("every kind of message that the admin interface takes fits the contract when it is fetched", async () => {
  const hub = await startHub();
  const json = { channel: "whatsapp", messages: [{ ...textMessage("hi"), attributes: { a: "b" }, replyTo: "x" }] };
  await hub.call("/admin/messages", { method: "POST", json });
  const answer = await check(hub, 200, { at: `GET ${messages}`, path: "/v1/channels/whatsapp/messages" });
  expect(answer.body.messages).toMatchObject([{ sequence: 1, text: "hi", attributes: { a: "b" }, replyTo: "x" }]);
});

async function putFaults(hub: RunningHub, faults: object[]): Promise<void> {
  expect((await hub.call("/admin/faults", { method: "PUT", json: { faults } })).status).toBe(200);
}
