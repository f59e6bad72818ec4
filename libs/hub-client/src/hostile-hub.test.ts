import type { Failure, Hub, Outcome } from "@dms/rules";
import { type Loopback, startLoopback, stillClock, type Visit } from "@dms/http-client/testing";
import { afterEach, expect, test } from "vitest";
import { parseFetchedBatch } from "./fetched-batch.ts";
import { createHubClient, type HubClientOptions } from "./hub-client.ts";

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

const token = { access_token: "t", token_type: "Bearer", expires_in: 3600 };

async function bench(
  answer: (visit: Visit) => unknown,
  more: Partial<HubClientOptions> & { token?: unknown } = {},
): Promise<{ hub: Hub; server: Loopback }> {
  const { token: given = token, ...options } = more;
  const server = await startLoopback((visit) =>
    visit.path === "/oauth/token" ? visit.json(200, given) : answer(visit),
  );
  const hub = createHubClient({
    url: server.url,
    channelId: "whatsapp",
    clientId: "dms",
    clientSecret: "secret",
    timeoutMs: 1000,
    clock: stillClock(),
    ...options,
  });
  open.push(hub, server);
  return { hub, server };
}

const never = new AbortController().signal;
const message = { conversationId: "c", from: "b", to: "u", type: "text", text: "hi" } as const;
const failureOf = (outcome: Outcome<unknown>): Failure | undefined => (outcome.ok ? undefined : outcome.failure);

function inbound(more: Record<string, unknown> = {}): Record<string, unknown> {
  const base = { sequence: 1, id: "i", conversationId: "c", type: "text", sentAt: "x", text: "hi" };
  return { ...base, from: { id: "u" }, to: { id: "b" }, ...more };
}

const parse = (text: string, query: { after: number | null; limit: number } = { after: null, limit: 500 }) =>
  parseFetchedBatch(Buffer.from(text), query);
const batchOf = (...messages: unknown[]) => JSON.stringify({ messages });
const deep = `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`;

test.each([
  ["half a character in its conversation", { conversationId: "c\ud800" }],
  ["a replaced character in its conversation", { conversationId: "c\ufffd" }],
  ["no conversation", { conversationId: "" }],
  ["a conversation that is too long", { conversationId: "c".repeat(256) }],
  ["half a character in its media", { type: "media", media: [{ id: "\udfff" }] }],
  ["a text that is too long", { text: "x".repeat(131_073) }],
  ["too many files", { type: "media", media: Array.from({ length: 101 }, () => ({ id: "m" })) }],
  ["a customer that is no text", { from: { id: 7 } }],
  ["attributes that are no texts", { attributes: { a: {} } }],
  ["an unknown type", { type: "hologram" }],
])("hostile hub: a message with %s goes to the dead letters as it came, and harms no other", (_, more) => {
  const read = parse(batchOf(inbound(), inbound({ ...more, sequence: 2 }), inbound({ sequence: 3 })));
  if ("fault" in read) throw new Error(read.fault);
  expect(read.value.map(({ sequence, parsed }) => [sequence, parsed])).toEqual([
    [1, true],
    [2, false],
    [3, true],
  ]);
  expect(read.value[1]).toMatchObject({ raw: JSON.stringify(inbound({ ...more, sequence: 2 })) });
});

test("hostile hub: a field that may be absent may be null, of a message and of a file's place", async () => {
  const parts = { media: null, location: null, contact: null, interactive: null, receipt: null, activity: null };
  const party = { id: "u", name: null };
  const nulls = inbound({
    ...parts,
    from: party,
    to: party,
    text: null,
    replyTo: null,
    attributes: { a: null },
    x: null,
  });
  const image = inbound({ sequence: 2, type: "media", media: [{ id: "f", mime: null, bytes: null, caption: null }] });
  const [first, second] = [inbound({ from: { id: "u" }, to: { id: "u" }, attributes: {}, x: null }), inbound()];
  delete first["text"];
  expect(parse(batchOf(nulls, image))).toEqual({
    value: [
      { sequence: 1, parsed: true, message: first },
      { sequence: 2, parsed: true, message: { ...second, sequence: 2, type: "media", media: [{ id: "f" }] } },
    ],
  });
  const { hub } = await bench(({ json }) => json(201, { id: "f", mime: null, name: null, bytes: null, caption: null }));
  const up = await hub.upload({ name: "a.png", mime: "image/png", bytes: new Uint8Array(3) }, never);
  expect(up).toEqual({ ok: true, value: { id: "f", name: "a.png", mime: "image/png", bytes: 3 } });
});

test("hostile hub: a message that is nested deeper than a stack goes to the dead letters whole", () => {
  const raw = JSON.stringify(inbound({ contact: 0 })).replace('"contact":0', `"contact":${deep}`);
  const read = parse(`{"messages":[${raw}]}`);
  expect(read).toMatchObject({ value: [{ sequence: 1, parsed: false, raw }] });
});

test.each([
  ["goes back behind what was asked for", [inbound({ sequence: 4 })], "has sequence 4 after 5"],
  ["repeats what was asked for", [inbound({ sequence: 5 })], "has sequence 5 after 5"],
  ["is negative", [inbound({ sequence: -1 })], "no usable sequence"],
  ["is no safe number", [{ ...inbound(), sequence: 1e17 }], "no usable sequence"],
  ["is a text", [inbound({ sequence: "6" })], "no usable sequence"],
])("hostile hub: a sequence that %s refuses the batch, so that nothing is skipped", (_, messages, fault) => {
  expect(parse(batchOf(...messages), { after: 5, limit: 9 })).toMatchObject({
    fault: expect.stringContaining(fault) as string,
  });
});

test("hostile hub: a first message of sequence 0 refuses the batch, for nobody could tell it from a confirmed one", () => {
  expect(parse(batchOf(inbound({ sequence: 0 })))).toEqual({
    fault: "message 1 of 1 has sequence 0; the first of a channel is 1 or more",
  });
});

test("hostile hub: what comes beyond the limit is left for the next fetch", () => {
  const messages = Array.from({ length: 20 }, (_, i) => inbound({ sequence: i + 1 }));
  expect(parse(batchOf(...messages), { after: null, limit: 7 })).toMatchObject({ value: { length: 7 } });
});

test.each([
  "",
  "null",
  "[]",
  "{",
  '{"messages":{}}',
  '{"messages":[[]]}',
  deep,
  `{"messages":[${deep}]}`,
  "\ufeff{}",
  "\u0000",
])("hostile hub: an answer like %.40s is a fault in words", (text) => {
  expect(parse(text)).toMatchObject({ fault: expect.any(String) as string });
});

test("hostile hub: bytes that are no UTF-8 cost their own message", () => {
  const [before = "", after = ""] = batchOf(inbound({ conversationId: "cX" }), inbound({ sequence: 2 })).split("X");
  const read = parseFetchedBatch(Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)]), {
    after: null,
    limit: 9,
  });
  expect(read).toMatchObject({ value: [{ parsed: false }, { parsed: true }] });
});

test("hostile hub: a token that cannot stand in a header is the token's fault, never the message's", async () => {
  for (const access_token of ["a\nb", "ü", "", "x".repeat(20_000), 5]) {
    const { hub } = await bench(({ json }) => json(202, {}), { token: { ...token, access_token } });
    expect(failureOf(await hub.send(message, "k", never))).toMatchObject({ verdict: "retry", executed: "no" });
  }
});

test("hostile hub: a token for ever, for no time, or for less than that is used and asked for again", async () => {
  for (const expires_in of [1e300, 0]) {
    const { hub } = await bench(({ json }) => json(200, { confirmedUpTo: 1 }), { token: { ...token, expires_in } });
    expect(await hub.confirm(0, never)).toEqual({ ok: true, value: 1 });
  }
  const { hub } = await bench(({ json }) => json(200, {}), { token: { ...token, expires_in: -1 } });
  expect(failureOf(await hub.confirm(0, never))).toMatchObject({ verdict: "retry", code: "malformed" });
});

test("hostile hub: whatever a call is answered with, it answers a failure and does not throw", async () => {
  const bodies = [
    "",
    "null",
    "[]",
    "{}",
    deep,
    '{"id":5}',
    '{"confirmedUpTo":-1}',
    '{"confirmedUpTo":1e400}',
    '{"id":"\\ud800"}',
  ];
  let body = "";
  const { hub } = await bench(({ response }) =>
    response.writeHead(200, { "content-type": "application/json" }).end(body),
  );
  for (body of bodies) {
    const outcomes = [
      await hub.confirm(0, never),
      await hub.send(message, "k", never),
      await hub.upload({ name: "n", mime: "a/b\u00ff", bytes: Buffer.from("x") }, never),
      await hub.fetch({ after: null, limit: 1, waitMs: 0 }, never),
    ];
    expect(outcomes.map((outcome) => outcome.ok)).toEqual([false, false, false, false]);
  }
});

test("hostile hub: a file that is too large, or whose id leads elsewhere, is refused and asks nothing more", async () => {
  const { hub, server } = await bench(({ response }) => response.end("x".repeat(2000)), { mediaBytesMax: 1000 });
  expect(failureOf(await hub.download({ id: "m" }, never))).toMatchObject({ verdict: "reject", code: "oversize" });
  for (const id of ["..", "\ud800", ""]) {
    expect(failureOf(await hub.download({ id }, never))).toMatchObject({ verdict: "reject", code: "unsendable" });
  }
  expect(server.visits.filter(({ path }) => path.startsWith("/v1/media"))).toHaveLength(1);
});

test("hostile hub: a reply whose key no header can carry is refused, unsent", async () => {
  const { hub, server } = await bench(({ response }) => response.end());
  for (const key of ["c\n1:0:a", "\u0107:0:a"]) {
    expect(failureOf(await hub.send(message, key, never))).toMatchObject({ verdict: "reject", code: "unsendable" });
  }
  expect(server.visits).toHaveLength(0);
});

test("hostile hub: of a file no more is taken than the caller has room for, nor than the client's own bound", async () => {
  const { hub } = await bench(({ response }) => response.end("x".repeat(500)), { mediaBytesMax: 600 });
  const taken = async (bytesMax: number) => (await hub.download({ id: "m" }, never, bytesMax)).ok;
  expect([await taken(499), await taken(500), await taken(5000)]).toEqual([false, true, true]);
  const small = await bench(({ response }) => response.end("x".repeat(500)), { mediaBytesMax: 499 });
  expect((await small.hub.download({ id: "m" }, never, 5000)).ok).toBe(false);
});

test("hostile hub: a file's name and type are fit to be passed on", async () => {
  const { hub } = await bench(({ response }) => response.writeHead(200, { "content-type": "\u00fc" }).end("x"));
  expect(await hub.download({ id: "m", name: "../a\r\nb" }, never)).toMatchObject({
    value: { name: ".._a__b", mime: "application/octet-stream" },
  });
});
