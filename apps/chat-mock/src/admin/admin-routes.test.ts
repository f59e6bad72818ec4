import { expect, test } from "vitest";
import { startBench } from "../testing/bench.ts";

test("ledger: is read in increments that join without gap or overlap", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  const first = await bench.ledger();
  expect(first.events.map(({ kind }) => kind)).toEqual(["created", "event"]);
  expect(await bench.ledger(first.next)).toEqual({ events: [], next: first.next });
  await bench.call(chat, "send", { message: "x", messageType: "text" });
  await bench.call(chat, "disconnect");
  const second = await bench.ledger(first.next);
  expect(second.events).toMatchObject([
    { kind: "event", chatId: chat.chatId, event: { index: 2, type: "Message", text: "x", messageType: "text" } },
    { kind: "event", event: { type: "ParticipantLeft" } },
    { kind: "ended", endedBy: "client" },
  ]);
  expect((await bench.ledger()).events).toEqual([...first.events, ...second.events]);
  const page = await bench.app.inject("/admin/ledger?from=1&limit=2");
  expect(page.json()).toEqual({ events: [first.events[1], second.events[0]], next: first.next + 1 });
});

test("sessions: shows the open ones and when they were asked for last", async () => {
  const bench = await startBench({ serverName: "east" });
  const chat = await bench.open({ nickname: "Jo", "userData[_umsConversationId]": "wa:1" });
  const openedAt = bench.clock.wall();
  const gone = await bench.open();
  await bench.call(gone, "disconnect");
  bench.clock.advance(1234);
  await bench.call(chat, "refresh");
  const sessions = (await bench.app.inject("/admin/sessions")).json();
  expect(sessions).toEqual([
    { chatId: chat.chatId, conversation: "wa:1", openedAt, lastRequestAt: openedAt + 1234, server: bench.instance },
  ]);
  expect(bench.instance).toMatch(/^east\.\w+$/);
});

test("faults: are replaced, listed with how often they struck, and removed", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  const fault = { operation: "send", kind: "status", probability: 1, times: 2 };
  const put = await bench.app.inject({ method: "PUT", url: "/admin/faults", payload: { faults: [fault] } });
  expect(put.json()).toEqual({ faults: [{ ...fault, struck: 0 }] });
  const codes = [];
  for (let n = 0; n < 3; n++) codes.push((await bench.call(chat, "send", { message: "x" })).statusCode);
  expect(codes).toEqual([1, 1, 0]);
  expect((await bench.app.inject("/admin/faults")).json()).toEqual({ faults: [{ ...fault, struck: 2 }] });
  await bench.app.inject({ method: "DELETE", url: "/admin/faults" });
  expect((await bench.app.inject("/admin/faults")).json()).toEqual({ faults: [] });
});

test("faults and agents: what does not fit is HTTP 400 and changes nothing", async () => {
  const bench = await startBench();
  const wrong = [
    ["faults", { faults: [{ operation: "send", kind: "explode", probability: 1 }] }],
    ["faults", { faults: [{ operation: "send", kind: "latency", probability: 1 }] }],
    ["faults", {}],
    ["agents", { replyProbability: 2 }],
    ["agents", { thinkMs: { min: 2, max: 1 } }],
    ["agents", { unknown: 1 }],
  ] as const;
  const before = (await bench.app.inject("/admin/agents")).json();
  for (const [route, payload] of wrong) {
    const answer = await bench.app.inject({ method: "PUT", url: `/admin/${route}`, payload });
    expect({ payload, status: answer.statusCode }).toEqual({ payload, status: 400 });
  }
  expect((await bench.app.inject("/admin/agents")).json()).toEqual(before);
});

test("end and say: act at once on an open session, and on no other", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  const post = (path: string, payload: object): Promise<{ statusCode: number; body: string }> =>
    bench.app.inject({ method: "POST", url: `/admin/sessions/${path}`, payload });
  const said = await post(`${chat.chatId}/say`, { text: "hello" });
  expect(JSON.parse(said.body)).toMatchObject({
    event: { index: 3, type: "Message", text: `@${chat.chatId}-1 hello`, from: { type: "Agent" } },
  });
  expect((await bench.call(chat, "refresh")).messages).toHaveLength(3);
  expect((await post(`${chat.chatId}/end`, { by: "nobody" })).statusCode).toBe(400);
  expect((await post(`${chat.chatId}/end`, { by: "agent" })).statusCode).toBe(200);
  expect(await bench.call(chat, "refresh")).toMatchObject({ statusCode: 0, chatEnded: true });
  expect((await post(`${chat.chatId}/say`, { text: "hello" })).statusCode).toBe(409);
  expect((await post("nobody/end", { by: "agent" })).statusCode).toBe(404);
});
