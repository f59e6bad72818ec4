import { expect, test } from "vitest";
import { held, type HeldCall } from "./testing/call-script.ts";
import type { Said } from "./testing/cast.ts";
import { useStage } from "./testing/stage.ts";

// Files are in a worker's memory from the first byte of one side to the last of the other. A side that stands still must
// not fill it: beyond a bound a file waits where it is, and its conversation with it, but nothing else does.

const stage = useStage();
const customers = ["c1", "c2", "c3", "c4", "c5"];
/** Of four bytes each, so that there is room for two. */
const filesBytesMax = 10;

async function hire(name: string) {
  stage.config = { ...stage.config, worker: { ...stage.config.worker, filesBytesMax } };
  return stage.hire(name);
}

const image = (id: string, bytes: number): Said => ({ type: "media", media: [{ id, bytes }] });

/** Holds every upload of a side until it is released. */
function holdUploads(side: { script: typeof stage.chat.script }): { inHand: HeldCall[]; end: () => void } {
  const inHand: HeldCall[] = [];
  const end = side.script.always("upload", (call) => {
    const upload = held();
    inHand.push(upload);
    return upload.fate(call);
  });
  return { inHand, end };
}

const downloads = (): number => stage.hub.script.count("download");

test("of files that a silent chat server does not take only so many are in hand, and texts of others go on", async () => {
  await hire("w0");
  for (const customer of customers) await stage.give(customer, `hello ${customer}`);
  await stage.rest();
  const { inHand } = holdUploads(stage.chat);
  for (const customer of customers) await stage.give(customer, image(`f-${customer}`, 4), "after it");
  await stage.eventually(() => expect(inHand).toHaveLength(2));
  await stage.give("c6", "quick");
  await stage.eventually(() => expect(Object.values(stage.chat.shown)).toContainEqual(["quick"]));
  const polls = stage.chat.script.count("refresh");
  await stage.eventually(() => expect(stage.chat.script.count("refresh")).toBeGreaterThan(polls + 10));
  expect([downloads(), inHand.length]).toEqual([2, 2]);
  for (let ended = 0; ended < customers.length; ended++) {
    await stage.eventually(() => expect(inHand.length).toBeGreaterThan(ended));
    expect(downloads()).toBeLessThanOrEqual(ended + 2);
    inHand[ended]?.release();
  }
  await stage.rest();
  const posts = Object.values(stage.chat.shown).filter((shown) => shown.length === 3);
  expect(posts.map((shown) => shown[0]?.replace("hello", "file").replace(" c", " f-c") === shown[1])).toEqual(
    customers.map(() => true),
  );
});

test("a file that is larger than all the room, or than was said of it, goes alone", async () => {
  await hire("w0");
  const { inHand } = holdUploads(stage.chat);
  await stage.give("c1", image("a file of many bytes", 2));
  await stage.eventually(() => expect(inHand).toHaveLength(1));
  await stage.give("c2", image("f-c2", 4));
  await stage.eventually(() => expect(stage.chat.rooms).toHaveLength(2));
  await stage.give("c3", "quick");
  await stage.eventually(() => expect(Object.values(stage.chat.shown)).toContainEqual(["quick"]));
  // It was asked for three times, by ever more of the room, and the other has not been asked for at all.
  expect([downloads(), inHand.length]).toEqual([3, 1]);
  inHand[0]?.release();
  await stage.eventually(() => expect(inHand).toHaveLength(2));
  inHand[1]?.release();
  await stage.rest();
  expect(Object.values(stage.chat.shown)).toEqual(
    expect.arrayContaining([["file a file of many bytes"], ["file f-c2"]]),
  );
});

test("agents' files that a silent hub does not take wait likewise, and each reply comes in its order", async () => {
  await hire("w0");
  for (const customer of customers) await stage.give(customer, "hello");
  await stage.rest();
  const { inHand } = holdUploads(stage.hub);
  const sessions = stage.chat.rooms.map(({ chatId }) => chatId);
  for (const session of sessions) stage.chat.sayFile(session, "list");
  stage.chat.say("s1", "words after it");
  await stage.eventually(() => expect(inHand).toHaveLength(1));
  await stage.give("c6", "quick");
  await stage.eventually(() => expect(Object.values(stage.chat.shown)).toContainEqual(["quick"]));
  expect(stage.chat.script.count("download")).toBe(1);
  for (let ended = 0; ended < customers.length; ended++) {
    await stage.eventually(() => expect(inHand.length).toBeGreaterThan(ended));
    inHand[ended]?.release();
  }
  await stage.eventually(() => expect(stage.hub.sent).toHaveLength(6));
  expect(stage.hub.sent.filter((text) => text === "file list")).toHaveLength(5);
});

test("a conversation that moves leaves the line for room, and its next owner shows the file", async () => {
  const w0 = await hire("w0");
  await stage.give("c1", "hello");
  await stage.give("c2", "hello");
  await stage.rest();
  const { inHand, end } = holdUploads(stage.chat);
  await stage.give("c1", image("f-c1", 9));
  await stage.eventually(() => expect(inHand).toHaveLength(1));
  await stage.give("c2", image("f-c2", 9));
  await hire("w1");
  end();
  await stage.shed(w0, 2);
  await w0.saw("conversation-moved");
  await stage.eventually(() => expect(Object.values(stage.chat.shown)).toContainEqual(["hello", "file f-c2"]));
  inHand[0]?.release();
  await stage.rest();
  expect(Object.values(stage.chat.shown)).toContainEqual(["hello", "file f-c1"]);
});
