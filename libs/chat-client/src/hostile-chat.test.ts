import { planReply } from "@dms/rules";
import { afterEach, expect, test } from "vitest";
import { readEvent } from "./chat-event.ts";
import { type ChatBench, chatBench, failureOf, fine } from "./testing/chat-bench.ts";

const open: ChatBench[] = [];
afterEach(async () => {
  for (const bench of open.splice(0)) await bench.close();
});

async function bench(...given: Parameters<typeof chatBench>): Promise<ChatBench> {
  const made = await chatBench(...given);
  open.push(made);
  return made;
}

const never = new AbortController().signal;
const opening = { nickname: "Ana", userData: {} };
const deep = `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`;
const parties = { hubConversationId: "c", parties: { customer: "u", business: "b" } };

test("hostile chat: an event that cannot be read is counted where it stands, and what it said goes to the dead letters", () => {
  const broken = { from: { type: "Agent" }, type: "Message", index: 7, text: 5 };
  expect(readEvent(broken)).toEqual({
    from: { type: "Agent" },
    type: "Message",
    index: 7,
    unreadable: JSON.stringify(broken),
  });
  expect(planReply(readEvent(broken), parties)).toEqual({ kind: "unreadable", raw: JSON.stringify(broken) });
});

test.each([null, 5, "x", [], {}, { from: 5, type: [] }, { type: "Notice" }])(
  "hostile chat: %j says neither who nor what, and turns up as spoken",
  (value) => {
    expect(readEvent(value)).toMatchObject({ unreadable: JSON.stringify(value), from: { type: "Unreadable" } });
  },
);

test("hostile chat: an event deeper than a stack is kept whole, and one cannot pass itself off as unreadable", () => {
  const raw = `{"from":{"type":"Agent"},"type":"Message","text":"hi","eventAttributes":${deep}}`;
  expect(readEvent(JSON.parse(raw))).toMatchObject({ from: { type: "Agent" }, unreadable: raw });
  const fair = { from: { type: "Agent" }, type: "Message", text: "hi", unreadable: "planted" };
  expect(readEvent(fair)).not.toHaveProperty("unreadable");
});

test.each([-1, 0, 1.5, "4", 1e300])("hostile chat: an index of %j is none", (index) => {
  expect(readEvent({ from: { type: "Agent" }, type: "Message", text: "hi", index })).not.toHaveProperty("index");
});

test("hostile chat: one broken event hides no other, and odd positions and handles count as not said", async () => {
  const good = { from: { type: "Agent" }, type: "Message", text: "hi", index: 2 };
  const { chat, handle } = await bench([
    fine({ messages: [good, { from: null }, { ...good, index: 4 }], nextPosition: -5, alias: "\ud800", userId: 5 }),
  ]);
  const outcome = await chat.refresh(handle({ alias: "a", userId: "u" }), 1, never);
  if (!outcome.ok) throw new Error(outcome.failure.detail);
  expect(outcome.value).toMatchObject({ nextPosition: 0, handle: { alias: "a", userId: "u" } });
  expect(outcome.value.events.map((event) => event.unreadable ?? event.text)).toEqual(["hi", '{"from":null}', "hi"]);
});

test("hostile chat: a field that may be absent may be null, of an answer and of an event", async () => {
  const nulls = { chatEnded: null, nextPosition: null, messages: null, alias: null, userId: null, secureKey: null };
  const { chat, handle } = await bench([fine(nulls)]);
  const known = handle({ alias: "a", userId: "u" });
  expect(await chat.refresh(known, 1, never)).toMatchObject({
    ok: true,
    value: { ended: false, nextPosition: 0, events: [], handle: { alias: "a", userId: "u", secureKey: "key" } },
  });
  const event = { from: { type: "Agent", nickname: null, participantId: null }, type: "Message", text: "hi", index: 7 };
  const absent = { messageType: null, utcTime: null, userData: null, eventAttributes: null, unreadable: null };
  const read = readEvent({ ...event, ...absent });
  expect(read).toEqual({ from: { type: "Agent" }, type: "Message", text: "hi", index: 7 });
  expect(planReply(read, parties)).toMatchObject({ kind: "message", message: { text: "hi" } });
});

test("hostile chat: a session without a usable id is not created", async () => {
  for (const chatId of ["..", "\ud800", "", "x".repeat(2000), 5]) {
    const { chat } = await bench([fine({ chatId, secureKey: "k" })]);
    expect(failureOf(await chat.create(opening, never))).toMatchObject({ verdict: "retry", code: "malformed" });
  }
});

test("hostile chat: whatever a call is answered with, it answers a failure and does not throw", async () => {
  let body = "";
  const { chat, handle } = await bench([({ response }) => response.writeHead(200).end(body)]);
  for (body of [
    "",
    "null",
    "[]",
    "{}",
    deep,
    '{"statusCode":"0"}',
    '{"statusCode":0,"messages":{}}',
    '{"statusCode":0,"chatEnded":1}',
  ]) {
    const outcomes = [
      await chat.create(opening, never),
      await chat.refresh(handle(), 1, never),
      await chat.disconnect(handle(), never),
    ];
    expect(outcomes.map((outcome) => outcome.ok)).toEqual([false, false, false]);
  }
});

test("hostile chat: headers that come twice, and names and types of files, end no process and lead nowhere", async () => {
  const { chat, handle } = await bench([
    ({ response }) => {
      response.socket?.end(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-type: text/html\r\ncontent-disposition: attachment; filename="../a"\r\nconnection: close\r\ncontent-length: 1\r\n\r\nx',
      );
    },
  ]);
  expect(await chat.download(handle(), { id: "f" }, never)).toMatchObject({
    ok: true,
    value: { name: ".._a", mime: "application/json" },
  });
});

test("hostile chat: a file id that no address can carry is refused, and a file that is too large as well", async () => {
  const { chat, handle, servers } = await bench([({ response }) => response.end("x".repeat(2000))], {
    fileBytesMax: 1000,
  });
  for (const id of ["..", "\ud800"]) {
    expect(failureOf(await chat.download(handle(), { id }, never))).toMatchObject({
      verdict: "reject",
      code: "unsendable",
    });
  }
  expect(servers[0]?.visits).toHaveLength(0);
  expect(failureOf(await chat.download(handle(), { id: "f" }, never))).toMatchObject({
    verdict: "reject",
    code: "oversize",
  });
});

test("hostile chat: of a file no more is taken than the caller has room for, nor than the client's own bound", async () => {
  const { chat, handle } = await bench([({ response }) => response.end("x".repeat(500))], { fileBytesMax: 1000 });
  const taken = async (bytesMax: number) => (await chat.download(handle(), { id: "f", bytesMax }, never)).ok;
  expect([await taken(499), await taken(500), await taken(5000)]).toEqual([false, true, true]);
  const small = await bench([({ response }) => response.end("x".repeat(500))], { fileBytesMax: 499 });
  expect((await small.chat.download(small.handle(), { id: "f", bytesMax: 5000 }, never)).ok).toBe(false);
});

test("hostile chat: a header that cannot be sent costs no message, however often it is tried", async () => {
  const { chat, handle, servers } = await bench([fine()], { headers: { "x-key": "a\nb" } });
  const message = { text: "hello", messageType: "text", position: 0 } as const;
  for (const outcome of [await chat.create(opening, never), await chat.send(handle(), message, never)]) {
    expect(failureOf(outcome)).toMatchObject({ verdict: "retry", executed: "no", code: "unsendable" });
  }
  expect(servers[0]?.visits).toHaveLength(0);
});

test("hostile chat: a session whose stored id is no whole text is asked for all the same", async () => {
  const { chat, handle } = await bench([fine()]);
  expect((await chat.refresh(handle({ chatId: "\ud800" }), 1, never)).ok).toBe(true);
});
