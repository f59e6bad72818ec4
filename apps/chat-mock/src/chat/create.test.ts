import { expect, test } from "vitest";
import { outline, startBench } from "../testing/bench.ts";

test("create: answers ids, key, the first event and the position after it", async () => {
  const bench = await startBench();
  const opened = await bench.open();
  expect(opened).toMatchObject({
    statusCode: 0,
    chatId: expect.stringMatching(/^\w{16}$/),
    secureKey: expect.stringMatching(/^\w{16}$/),
    userId: expect.any(String),
    alias: expect.any(String),
    chatEnded: false,
    nextPosition: 2,
  });
  expect(opened.messages).toEqual([
    {
      from: { nickname: "Jo", participantId: 1, type: "Client" },
      index: 1,
      type: "ParticipantJoined",
      utcTime: bench.clock.wall(),
    },
  ]);
});

test("create: first and last name stand for a nickname, and text is the first message", async () => {
  const bench = await startBench();
  const opened = await bench.open({ firstName: "First", lastName: "Last", text: "hello", subject: "s" });
  expect(opened.messages?.[0]?.from.nickname).toBe("First Last");
  expect(outline(opened)).toEqual(["ParticipantJoined", "Message hello"]);
  expect(opened.nextPosition).toBe(3);
});

test("create: without a name it is HTTP 400 with errors", async () => {
  const bench = await startBench();
  const answer = await bench.post("support", { firstName: "First" });
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ code: 400 }] } });
});

test("create: user data reaches the ledger with the conversation, keys that mean something to JavaScript included", async () => {
  const bench = await startBench();
  const userData = { _umsConversationId: "wa:1", TimeZone: "-480", __proto__x: "1" };
  const form = Object.entries(userData).map(([key, value]) => [`userData[${key}]`, value]);
  await bench.open(Object.fromEntries([["nickname", "Jo"], ...form, ["userData[__proto__]", "2"]]));
  const { events } = await bench.ledger();
  expect(events[0]).toMatchObject({ kind: "created", conversation: "wa:1", userData });
  expect(Object.keys(events[0]?.userData ?? {})).toContain("__proto__");
});

test("create: a multipart body is taken as well, and a broken one is HTTP 400", async () => {
  const bench = await startBench();
  const headers = { "content-type": "multipart/form-data; boundary=b" };
  const part = '--b\r\nContent-Disposition: form-data; name="nickname"\r\n\r\nZoë\r\n--b--\r\n';
  const url = "/genesys/2/chat/support";
  const taken = await bench.app.inject({ method: "POST", url, headers, payload: part });
  expect(taken.json().messages[0].from.nickname).toBe("Zoë");
  const broken = await bench.app.inject({ method: "POST", url, headers, payload: part.slice(0, 40) });
  expect(broken).toMatchObject({ statusCode: 400 });
  expect(broken.json().errors).toHaveLength(1);
});

test("create: with a list of services any other is HTTP 404", async () => {
  const bench = await startBench({ services: ["sales"] });
  expect(await bench.post("support", { nickname: "Jo" })).toMatchObject({ status: 404 });
  expect(await bench.post("sales", { nickname: "Jo" })).toMatchObject({ status: 200 });
});
