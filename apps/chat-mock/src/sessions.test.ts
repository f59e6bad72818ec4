import { expect, test } from "vitest";
import { indexes, outline, startBench, storePath } from "./testing/bench.ts";
import { FakeClock } from "./testing/fake-clock.ts";

test("a session without a request for flexDisconnectMs is ended by idle-client, and not earlier", async () => {
  const bench = await startBench({ flexDisconnectMs: 45_000 });
  const chat = await bench.open();
  bench.clock.advance(44_000);
  await bench.call(chat, "refresh", { transcriptPosition: "0" });
  bench.clock.advance(44_000);
  expect((await bench.ledger()).events.map(({ kind }) => kind)).not.toContain("ended");
  bench.clock.advance(2500);
  expect((await bench.ledger()).events.at(-1)).toMatchObject({ kind: "ended", endedBy: "idle-client" });
  const answer = await bench.call(chat, "refresh");
  expect(answer).toMatchObject({ statusCode: 0, chatEnded: true });
  expect(outline(answer)).toEqual(["ParticipantJoined", "ParticipantLeft"]);
});

test("polling alone keeps a session, whatever it says", async () => {
  const bench = await startBench({ flexDisconnectMs: 5000 });
  const chat = await bench.open();
  for (let poll = 0; poll < 50; poll++) {
    bench.clock.advance(777);
    expect((await bench.call(chat, "refresh", { transcriptPosition: "2" })).chatEnded).toBe(false);
  }
});

test("a request that comes too late finds the session ended, even before anything swept it", async () => {
  const bench = await startBench({ flexDisconnectMs: 1000, tickMs: 60_000 });
  const chat = await bench.open();
  bench.clock.advance(1000);
  expect(await bench.call(chat, "send", { message: "x" })).toMatchObject({ statusCode: 2, chatEnded: true });
  expect((await bench.ledger()).events.at(-1)).toMatchObject({ kind: "ended", endedBy: "idle-client" });
});

test("a session without messages for inactivityMs is ended by idle, though it is polled", async () => {
  const bench = await startBench({ inactivityMs: 10_000 });
  const chat = await bench.open();
  bench.clock.advance(9000);
  await bench.call(chat, "send", { message: "still here" });
  bench.clock.advance(9000);
  expect((await bench.call(chat, "refresh")).chatEnded).toBe(false);
  bench.clock.advance(2100);
  expect((await bench.call(chat, "refresh")).chatEnded).toBe(true);
  expect((await bench.ledger()).events.at(-1)).toMatchObject({ kind: "ended", endedBy: "idle" });
});

test("an ended session is forgotten after endedKeepMs, and the ledger still tells of it", async () => {
  const bench = await startBench({ endedKeepMs: 60_000 });
  const chat = await bench.open();
  await bench.call(chat, "disconnect");
  const before = await bench.ledger();
  bench.clock.advance(59_000);
  expect((await bench.call(chat, "refresh")).statusCode).toBe(0);
  bench.clock.advance(1000);
  expect(await bench.call(chat, "refresh")).toMatchObject({ statusCode: 2, chatEnded: true });
  expect(await bench.ledger()).toEqual(before);
});

test("a session goes on at a second server of the store, which gives it another alias", async () => {
  const clock = new FakeClock();
  const storeFile = storePath();
  const first = await startBench({ storeFile, clock, serverName: "one" });
  const second = await startBench({ storeFile, clock, serverName: "two", seed: 2 });
  const chat = await first.open();
  await first.call(chat, "send", { message: "before" });
  const restored = await second.call(chat, "send", { message: "after", transcriptPosition: "2" });
  expect(restored.alias).not.toBe(chat["alias"]);
  expect(outline(restored)).toEqual(["Message before", "Message after"]);
  expect((await second.call(chat, "refresh")).alias).toBe(restored.alias);
  const back = await first.call(chat, "refresh");
  expect(back.alias).not.toBe(restored.alias);
  expect(indexes(back)).toEqual([1, 2, 3]);
});

test("a session whose server has gone is still ended when its client is silent", async () => {
  const clock = new FakeClock();
  const storeFile = storePath();
  const first = await startBench({ storeFile, clock, serverName: "one" });
  const second = await startBench({ storeFile, clock, serverName: "two" });
  await first.open();
  await first.app.close();
  clock.advance(44_000);
  expect((await second.app.inject("/admin/sessions")).json()).toHaveLength(1);
  clock.advance(3000);
  expect((await second.app.inject("/admin/sessions")).json()).toEqual([]);
  expect((await second.ledger()).events.at(-1)).toMatchObject({ kind: "ended", endedBy: "idle-client" });
});

test("a poll that costs no write still counts, for the server that saw it and for the others", async () => {
  const clock = new FakeClock();
  const storeFile = storePath();
  const holder = await startBench({ storeFile, clock, serverName: "one", flexDisconnectMs: 20_000 });
  const other = await startBench({ storeFile, clock, serverName: "two", flexDisconnectMs: 20_000 });
  const chat = await holder.open();
  clock.advance(900);
  await holder.call(chat, "refresh");
  clock.advance(19_950);
  expect((await other.app.inject("/admin/sessions")).json()).toHaveLength(1);
  expect((await holder.call(chat, "refresh")).chatEnded).toBe(false);
});

test("with renumberOnRestore a restoration drops notices and typing and shifts the indexes, never the ledger", async () => {
  const clock = new FakeClock();
  const storeFile = storePath();
  const first = await startBench({ storeFile, clock, serverName: "one" });
  const second = await startBench({ storeFile, clock, serverName: "two", renumberOnRestore: true });
  const chat = await first.open();
  await first.call(chat, "startTyping");
  await first.call(chat, "send", { message: "one" });
  await first.call(chat, "customNotice", { message: "gone" });
  const last = await first.call(chat, "send", { message: "two" });
  expect(last.nextPosition).toBe(6);
  const before = await first.ledger();
  const restored = await second.call(chat, "refresh");
  expect(outline(restored)).toEqual(["ParticipantJoined", "Message one", "Message two"]);
  expect(indexes(restored)).toEqual([1, 2, 3]);
  expect(restored.nextPosition).toBe(4);
  expect(await second.ledger()).toEqual(before);
  const next = await second.call(chat, "send", { message: "three", transcriptPosition: "4" });
  expect(indexes(next)).toEqual([4]);
});

test("an alias may change at every request, and never to itself", async () => {
  const bench = await startBench({ aliasChangeProbability: 1 });
  const chat = await bench.open();
  let last = chat["alias"];
  for (let poll = 0; poll < 20; poll++) {
    const { alias } = await bench.call(chat, "refresh");
    expect(alias).not.toBe(last);
    last = alias;
  }
});

test("two servers that write to one session at once keep one order and give no index twice", async () => {
  const clock = new FakeClock();
  const storeFile = storePath();
  const bench = await startBench({ storeFile, clock, serverName: "one" });
  const other = await startBench({ storeFile, clock, serverName: "two" });
  const chat = await bench.open();
  const texts = Array.from({ length: 60 }, (_, place) => `m${place}`);
  await Promise.all(texts.map((message, place) => (place % 2 ? bench : other).call(chat, "send", { message })));
  const answer = await bench.call(chat, "refresh");
  expect(indexes(answer)).toEqual(Array.from({ length: 61 }, (_, place) => place + 1));
  expect(new Set(answer.messages?.slice(1).map(({ text }) => text))).toEqual(new Set(texts));
  const { events } = await bench.ledger();
  expect(events.flatMap(({ event }) => event?.index ?? [])).toEqual(indexes(answer));
});
