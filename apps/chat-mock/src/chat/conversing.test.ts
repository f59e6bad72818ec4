import { expect, test } from "vitest";
import { indexes, outline, startBench } from "../testing/bench.ts";

test("refresh: position 1 is all and the default, 0 is none, n is from n, beyond the end is empty", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  for (const message of ["one", "two", "three"]) await bench.call(chat, "send", { message });
  expect(indexes(await bench.call(chat, "refresh"))).toEqual([1, 2, 3, 4]);
  expect(indexes(await bench.call(chat, "refresh", { transcriptPosition: "1" }))).toEqual([1, 2, 3, 4]);
  expect(await bench.call(chat, "refresh", { transcriptPosition: "0" })).toMatchObject({
    messages: [],
    nextPosition: 5,
  });
  expect(indexes(await bench.call(chat, "refresh", { transcriptPosition: "3", message: "" }))).toEqual([3, 4]);
  expect(await bench.call(chat, "refresh", { transcriptPosition: "9" })).toMatchObject({
    messages: [],
    nextPosition: 5,
  });
});

test("refresh: a position that is no number is HTTP 400", async () => {
  const bench = await startBench();
  const { chatId, secureKey } = await bench.open();
  for (const transcriptPosition of ["-1", "x", "", "1.5"]) {
    const answer = await bench.post(`support/${chatId}/refresh`, { secureKey, transcriptPosition });
    expect({ transcriptPosition, status: answer.status }).toEqual({ transcriptPosition, status: 400 });
  }
});

test("refresh: a text that comes with it is sent", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  const answer = await bench.call(chat, "refresh", { message: "hello", transcriptPosition: "2" });
  expect(outline(answer)).toEqual(["Message hello"]);
});

test("send: gives no events without a position, and those from it with one, its own included", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  expect(await bench.call(chat, "send", { message: "one" })).toMatchObject({ messages: [], nextPosition: 3 });
  const answer = await bench.call(chat, "send", { message: "two", messageType: "text", transcriptPosition: "2" });
  expect(outline(answer)).toEqual(["Message one", "Message two"]);
  expect(answer.messages?.[1]).toMatchObject({ index: 3, messageType: "text", from: { type: "Client" } });
  expect(answer.messages?.[0]).not.toHaveProperty("messageType");
});

test("send: any text comes back as it was sent", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  const texts = ["a+b&c=d%20", "مرحبًا", "👩‍👩‍👧‍👦 𝒲", "e\u0301\n\r\n\t\u0000", "x".repeat(65_536), "漢".repeat(65_536)];
  for (const message of texts) await bench.call(chat, "send", { message });
  const answer = await bench.call(chat, "refresh", { transcriptPosition: "2" });
  expect(answer.messages?.map(({ text }) => text)).toEqual(texts);
});

test("send: without a message or a key it is HTTP 400 and nothing is shown", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  const { chatId, secureKey } = chat;
  expect(await bench.post(`support/${chatId}/send`, { secureKey })).toMatchObject({
    status: 400,
    body: { errors: [{}] },
  });
  expect(await bench.post(`support/${chatId}/send`, { message: "x" })).toMatchObject({ status: 400 });
  expect(indexes(await bench.call(chat, "refresh"))).toEqual([1]);
});

test("an unknown chat and a wrong key are statusCode 2, whatever the operation", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  const strangers = [
    { chatId: "nobody", secureKey: chat.secureKey },
    { chatId: chat.chatId, secureKey: "wrong" },
  ];
  for (const stranger of strangers) {
    for (const operation of ["send", "refresh", "startTyping", "disconnect"]) {
      const answer = await bench.call(stranger, operation, { message: "x" });
      expect({ operation, ...answer }).toMatchObject({
        operation,
        statusCode: 2,
        chatEnded: true,
        chatId: stranger.chatId,
      });
    }
  }
  expect(indexes(await bench.call(chat, "refresh"))).toEqual([1]);
});

test("userId and alias are taken and not compared", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  const answer = await bench.call(chat, "send", { message: "x", userId: "other", alias: "0" });
  expect(answer.statusCode).toBe(0);
});

test("typing: events carry the preview as text", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  await bench.call(chat, "startTyping", { message: "hel" });
  await bench.call(chat, "stopTyping");
  expect(outline(await bench.call(chat, "refresh", { transcriptPosition: "2" }))).toEqual([
    "TypingStarted hel",
    "TypingStopped",
  ]);
});

test("disconnect: the client leaves, the transcript stays readable, and nothing more is executed", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  expect(await bench.call(chat, "disconnect")).toMatchObject({ statusCode: 0, chatEnded: true, nextPosition: 3 });
  expect(await bench.call(chat, "disconnect")).toMatchObject({ statusCode: 0, chatEnded: true, nextPosition: 3 });
  expect(await bench.call(chat, "send", { message: "x" })).toMatchObject({ statusCode: 2, chatEnded: true });
  const answer = await bench.call(chat, "refresh");
  expect(answer).toMatchObject({ statusCode: 0, chatEnded: true });
  expect(outline(answer)).toEqual(["ParticipantJoined", "ParticipantLeft"]);
  const { events } = await bench.ledger();
  expect(events.at(-1)).toMatchObject({ kind: "ended", endedBy: "client", chatId: chat.chatId });
});

test("the ledger tells in whose name a session was made, posted into and left", async () => {
  const bench = await startBench();
  const call = async (path: string, form: Record<string, string>, member?: string) => {
    const authority = member === undefined ? {} : { "x-dms-member": member, "x-dms-grant": "7.a" };
    const answer = await bench.app.inject({
      method: "POST",
      url: `/genesys/2/chat/${path}`,
      headers: { "content-type": "application/x-www-form-urlencoded", ...authority },
      payload: new URLSearchParams(form).toString(),
    });
    return answer.json<{ chatId: string; secureKey: string }>();
  };
  const { chatId, secureKey } = await call("support", { nickname: "Jo" }, "w1");
  await call(`support/${chatId}/send`, { secureKey, message: "a" }, "w1");
  await call(`support/${chatId}/send`, { secureKey, message: "b" });
  await call(`support/${chatId}/disconnect`, { secureKey }, "w2");
  const rows = (await bench.ledger()).events.filter(({ kind, event }) => kind !== "event" || event?.type === "Message");
  expect(rows.map(({ kind, caller }) => `${kind} ${caller?.member}`)).toEqual([
    "created w1",
    "event w1",
    "event undefined",
    "ended w2",
  ]);
});
