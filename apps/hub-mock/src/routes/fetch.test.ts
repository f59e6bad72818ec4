import { expect, test } from "vitest";
import { startHub, until } from "../testing/running-hub.ts";

const path = "/v1/channels/whatsapp/messages";

function textsOf(answer: { body: { messages: { text: string }[] } }): string[] {
  return answer.body.messages.map(({ text }) => text);
}

test("fetch: without after it starts at the oldest unconfirmed message", async () => {
  const { call, receive } = await startHub();
  await receive("a", "b", "c");
  expect(textsOf(await call(path))).toEqual(["a", "b", "c"]);
  expect(textsOf(await call(path))).toEqual(["a", "b", "c"]);
  await call(`${path}/confirm`, { method: "POST", json: { upTo: 2 } });
  expect(textsOf(await call(path))).toEqual(["c"]);
});

test("fetch: after and limit cut the log, and what is confirmed is never given again", async () => {
  const { call, receive } = await startHub();
  await receive("a", "b", "c", "d");
  expect(textsOf(await call(`${path}?after=1&limit=2`))).toEqual(["b", "c"]);
  await call(`${path}/confirm`, { method: "POST", json: { upTo: 3 } });
  expect(textsOf(await call(`${path}?after=0`))).toEqual(["d"]);
});

test("fetch: a log with gaps keeps its order and its places", async () => {
  const { call, receive } = await startHub({ sequenceStepMax: 50 });
  const given = await receive("a", "b", "c", "d", "e");
  const sequences = given.map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.toSorted((left, right) => left - right));
  expect(sequences.at(-1)).toBeGreaterThan(5);
  expect(textsOf(await call(`${path}?after=${sequences[2]}`))).toEqual(["d", "e"]);
  expect(textsOf(await call(`${path}?after=${(sequences[3] ?? 0) - 1}&limit=1`))).toEqual(["d"]);
});

test("fetch: an answer is bounded in size but never empty because of it", async () => {
  const { call, receive } = await startHub({ batchCharactersMax: 1000 });
  await receive("x".repeat(5000), "small", "x".repeat(5000));
  expect(textsOf(await call(path)).map((text) => text.length)).toEqual([5000]);
  expect(textsOf(await call(`${path}?after=1`))).toEqual(["small"]);
});

test("fetch: a waiting fetch is answered by the message that arrives, on its own channel only", async () => {
  const { call, mock, receive } = await startHub();
  const other = call("/v1/channels/sms/messages?waitMs=30000");
  const waiting = call(`${path}?waitMs=30000`);
  await until(() => mock.waiting() === 2);
  await receive("now");
  expect(textsOf(await waiting)).toEqual(["now"]);
  expect(mock.waiting()).toBe(1);
  await mock.app.close();
  expect(textsOf(await other)).toEqual([]);
});

test("fetch: a wait that is over answers with nothing", async () => {
  const { call, clock, mock } = await startHub();
  const waiting = call(`${path}?waitMs=5000`);
  await until(() => mock.waiting() === 1);
  clock.advance(4999);
  expect(mock.waiting()).toBe(1);
  clock.advance(1);
  expect(textsOf(await waiting)).toEqual([]);
  expect(clock.pending).toBe(0);
});

test("fetch: a message that is not behind after does not end the wait", async () => {
  const { call, clock, mock, receive } = await startHub();
  const waiting = call(`${path}?after=2&waitMs=5000`);
  await until(() => mock.waiting() === 1);
  await receive("a", "b");
  await until(() => mock.waiting() === 1);
  clock.advance(1000);
  await receive("c");
  expect(textsOf(await waiting)).toEqual(["c"]);
});

test("fetch: a client that goes away is dropped", async () => {
  const { call, clock, mock, receive } = await startHub();
  const abort = new AbortController();
  const waiting = call(`${path}?waitMs=30000`, { signal: abort.signal });
  await until(() => mock.waiting() === 1);
  abort.abort();
  await expect(waiting).rejects.toThrow(/abort/);
  await until(() => mock.waiting() === 0);
  expect(clock.pending).toBe(0);
  await receive("still there");
  expect(textsOf(await call(path))).toEqual(["still there"]);
});

test("fetch: no more clients wait than may", async () => {
  const { call, mock, receive } = await startHub({ waitersMax: 1 });
  const waiting = call(`${path}?waitMs=1000`);
  await until(() => mock.waiting() === 1);
  expect((await call(`${path}?waitMs=1000`)).status).toBe(429);
  await receive("a");
  await waiting;
});

test("confirm: the position never goes back, and confirming 0 only asks", async () => {
  const { call, receive, ledger } = await startHub();
  await receive("a", "b", "c");
  const confirm = async (upTo: number) => (await call(`${path}/confirm`, { method: "POST", json: { upTo } })).body;
  expect(await confirm(0)).toEqual({ confirmedUpTo: 0 });
  expect(await confirm(2)).toEqual({ confirmedUpTo: 2 });
  expect(await confirm(2)).toEqual({ confirmedUpTo: 2 });
  expect(await confirm(1)).toEqual({ confirmedUpTo: 2 });
  expect(await confirm(4)).toMatchObject({ status: 400 });
  expect((await ledger()).confirmed).toEqual({ whatsapp: 2 });
});
