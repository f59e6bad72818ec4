import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Journal } from "./journal.ts";
import { reply, type RunningHub, startHub } from "./testing/running-hub.ts";

const path = "/v1/channels/whatsapp/messages";

function freshFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "hub-mock-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "folder", "hub.jsonl");
}

function read(file: string): unknown[] {
  const records: unknown[] = [];
  Journal.open(file, (record) => records.push(record)).close();
  return records;
}

function send({ call }: RunningHub, key: string, json: object = reply) {
  return call(path, { method: "POST", json, headers: { "idempotency-key": key } });
}

test("journal: what was appended is read again, of any size and script", () => {
  const file = freshFile();
  const records = [{ text: "\u2028😀\n" }, { text: "x".repeat(3_000_000) }, ["é".repeat(1_000_000)], 1];
  const journal = Journal.open(file, () => expect.unreachable());
  journal.append(records.slice(0, 2));
  journal.append(records.slice(2));
  journal.close();
  expect(read(file)).toEqual(records);
});

test("journal: a torn last line is cut off, and writing goes on behind the whole ones", () => {
  const file = freshFile();
  read(file);
  appendFileSync(file, '{"whole":1}\n{"whole":2}\n{"torn":"é'.slice(0, -1));
  expect(read(file)).toEqual([{ whole: 1 }, { whole: 2 }]);
  const journal = Journal.open(file, () => undefined);
  journal.append([{ whole: 3 }]);
  journal.close();
  expect(readFileSync(file, "utf8")).toBe('{"whole":1}\n{"whole":2}\n{"whole":3}\n');
});

test("journal: a file of whole lines is not touched when it is opened: another hub may be writing to it", () => {
  const file = freshFile();
  const first = Journal.open(file, () => undefined);
  first.append([{ n: 1 }]);
  first.close();
  utimesSync(file, 1, 1);
  Journal.open(file, () => undefined).close();
  expect(statSync(file).mtimeMs).toBe(1000);
});

test("journal: a broken line that is not the last is an error that names it", () => {
  const file = freshFile();
  read(file);
  writeFileSync(file, '{"a":1}\nbroken\n{"a":2}\n');
  expect(() => read(file)).toThrow(/hub\.jsonl line 2 is no JSON/);
});

test("restart: log, confirmed position, keys, sent messages, activities and files are all there again", async () => {
  const dataFile = freshFile();
  const first = await startHub({ dataFile, sequenceStepMax: 5 });
  const given = await first.receive("a", "b", "c");
  await first.call(`${path}/confirm`, { method: "POST", json: { upTo: given[0]?.sequence } });
  const sent = await send(first, "k1");
  await send(first, "k1");
  await send(first, "k1", { ...reply, text: "other" });
  const activity = { conversationId: "c1", to: "anna", kind: "read" };
  await first.call("/v1/channels/whatsapp/activity", { method: "POST", json: activity });
  const file = await first.call("/v1/media", { method: "POST", body: "bytes" });
  const before = await first.ledger();
  await first.close();

  // As after a kill in the middle of a write.
  appendFileSync(dataFile, '{"record":"inbound","channel":"whats');
  const second = await startHub({ dataFile, sequenceStepMax: 5 });
  expect(await second.ledger()).toEqual(before);
  expect((await second.call(path)).body.messages.map(({ text }: { text: string }) => text)).toEqual(["b", "c"]);
  const again = await send(second, "k1");
  expect([again.headers.get("idempotency-replayed"), again.body]).toEqual(["true", sent.body]);
  expect((await send(second, "k1", { ...reply, text: "other" })).status).toBe(409);
  expect((await second.call(`/v1/media/${file.body.id}`)).body).toBe("bytes");
  const next = await second.receive("d");
  expect(next[0]?.sequence).toBeGreaterThan(given[2]?.sequence ?? Infinity);
  expect((await send(second, "k2")).body.id).not.toBe(sent.body.id);
  expect((await second.call(path, { headers: { authorization: `Bearer ${first.token}` } })).status).toBe(401);
});
