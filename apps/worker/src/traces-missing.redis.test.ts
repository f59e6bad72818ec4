import { recordFields } from "@dms/streams";
import { expect, test } from "vitest";
import type { Actor, Tweaks } from "./testing/actor.ts";
import { answerLost, type Fate, held, lost, unavailable } from "./testing/call-script.ts";
import { captioned } from "./testing/cast.ts";
import { useStage } from "./testing/stage.ts";

// Entries that are nowhere, and every chat operation whose answer does not come.

const stage = useStage();

async function withHole(tweaks: Tweaks = {}): Promise<void> {
  await stage.hire("w0", tweaks);
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.rest();
  // An operator's mistake: the number was given, and its entry is nowhere.
  await stage.redis.hincrby("dms:{stage:0}:conversation:whatsapp:c1", recordFields.seq, 1);
  await stage.give("c1", "m3");
}

test("S20: a message that is nowhere is buried as missing, and the conversation goes on", async () => {
  await withHole();
  await stage.shows({ s1: ["m1", "m3"] });
  await stage.rest();
  expect(await stage.deadLetters()).toEqual(["missing 2"]);
});

test("S20 without looking for it: the conversation waits for ever", async () => {
  let looks = 0;
  await withHole({
    partitions: () => ({
      missing: async () => {
        looks++;
        return { status: "waiting" };
      },
    }),
  });
  await stage.eventually(() => expect(looks).toBeGreaterThan(2));
  expect(stage.chat.shown).toEqual({ s1: ["m1"] });
  expect(await stage.entries()).toHaveLength(1);
});

test("many conversations with a hole are looked for one after the other: each look reads whole inboxes", async () => {
  let [looking, most] = [0, 0];
  const seen = new Set<string>();
  await stage.hire("w0", {
    partitions: () => ({
      missing: async ({ conversation }) => {
        most = Math.max(most, ++looking);
        await new Promise((resolve) => setTimeout(resolve, 20));
        looking--;
        seen.add(conversation);
        return { status: "waiting" };
      },
    }),
  });
  const ids = ["c1", "c2", "c3", "c4"];
  for (const id of ids) {
    await stage.give(id, "m1");
    await stage.rest();
    await stage.redis.hincrby(`dms:{stage:0}:conversation:whatsapp:${id}`, recordFields.seq, 1);
  }
  for (const id of ids) await stage.give(id, "m3");
  await stage.eventually(() => expect(seen.size).toBe(ids.length));
  expect(most).toBe(1);
});

test("a message that is late is waited for, not buried", async () => {
  const w0 = await stage.hire("w0");
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.rest();
  const { life = "", grant = "" } = await stage.record("c1");
  await stage.redis.hincrby("dms:{stage:0}:conversation:whatsapp:c1", recordFields.seq, 1);
  await stage.give("c1", "m3");
  await stage.eventually(() => expect(w0.worker.pending).toBe(1));
  const payload = JSON.stringify({ ...JSON.parse(await firstPayload(w0.member)), text: "m2" });
  const header = `m 2 ${life} ${grant} whatsapp:c1`;
  await stage.redis.xadd(`dms:{stage:0}:inbox:${w0.member}`, "*", "h", header, "p", payload);
  await stage.shows({ s1: ["m1", "m2", "m3"] });
  expect(await stage.deadLetters()).toEqual([]);
});

/** The worker has shown what it can and dies before it settles; then an operator deletes the first entries in its inbox. */
async function deleteFirstOf(w0: Actor, count = 1): Promise<void> {
  w0.kill();
  const inbox = `dms:{stage:0}:inbox:${w0.member}`;
  for (const [entry] of await stage.redis.xrange(inbox, "-", "+", "COUNT", count)) await stage.redis.xdel(inbox, entry);
  await stage.hire("w1");
  await stage.failOver(w0);
}

test("seed 3645: all posts of a message that is nowhere are counted, and the next message is shown", async () => {
  const w0 = await stage.hire("w0");
  const caption = held();
  stage.chat.script.next("send", caption.fate, "cap");
  await stage.give("c1", captioned, "m2");
  await caption.arrived;
  caption.release(answerLost);
  await stage.shows({ s1: ["file f", "cap"] });
  await deleteFirstOf(w0);
  await stage.rest();
  expect(stage.chat.shown).toEqual({ s1: ["file f", "cap", "m2"] });
  expect(await stage.deadLetters()).toEqual(["missing 1"]);
});

test("a message that is nowhere is not given the posts of the next one", async () => {
  const w0 = await stage.hire("w0", { partitions: () => ({ settle: () => new Promise(() => undefined) }) });
  await stage.give("c1", captioned, "m2");
  await stage.shows({ s1: ["file f", "cap", "m2"] });
  await deleteFirstOf(w0);
  await stage.rest();
  expect(stage.chat.shown).toEqual({ s1: ["file f", "cap", "m2"] });
  expect(await stage.deadLetters()).toEqual(["missing 1"]);
});

test("two messages that are nowhere, of which one was shown, do not hide the third", async () => {
  const w0 = await stage.hire("w0");
  const caption = held();
  stage.chat.script.next("send", caption.fate, "cap");
  await stage.give("c1", captioned, "m2", "m3");
  await caption.arrived;
  caption.release(answerLost);
  await stage.shows({ s1: ["file f", "cap"] });
  await deleteFirstOf(w0, 2);
  await stage.rest();
  expect(stage.chat.shown).toEqual({ s1: ["file f", "cap", "m3"] });
  expect(await stage.deadLetters()).toEqual(["missing 1", "missing 2"]);
});

test("posts that former sessions showed of a message that is nowhere are not those of the next one", async () => {
  const w0 = await stage.hire("w0");
  const caption = held();
  stage.chat.script.next("send", caption.fate, "cap");
  await stage.give("c1", captioned, "m2");
  await caption.arrived;
  const again = held();
  stage.chat.script.next("send", again.fate, "cap");
  stage.chat.end("s1");
  caption.release();
  await again.arrived;
  await deleteFirstOf(w0);
  await stage.rest();
  expect(stage.chat.shown).toEqual({ s1: ["file f"], s2: ["m2"] });
  expect(await stage.deadLetters()).toEqual(["missing 1"]);
});

async function firstPayload(member: string): Promise<string> {
  const [row] = await stage.redis.xrange(`dms:{stage:0}:inbox:${member}`, "-", "+");
  return row?.[1][3] ?? "{}";
}

const ended = { type: "activity", activity: "ended" } as const;
const typing = { type: "activity", activity: "typing-started" } as const;

/** What the operation's first call comes to, and what the transcripts show at the end. */
const table: [operation: string, fate: string, shown: Record<string, string[]>][] = [
  ["create", "lost", { s1: ["m1", "file f", "cap"] }],
  ["create", "executed without an answer", { s1: [], s2: ["m1", "file f", "cap"] }],
  ["create", "not taken", { s1: ["m1", "file f", "cap"] }],
  ...["send", "upload", "typing", "refresh", "disconnect"].flatMap((operation) =>
    ["lost", "executed without an answer", "not taken"].map((fate): [string, string, Record<string, string[]>] => [
      operation,
      fate,
      { s1: ["m1", "file f", "cap"] },
    ]),
  ),
];
const fates: Record<string, Fate> = { lost, "executed without an answer": answerLost, "not taken": unavailable };

test.for(table)("every post is made once: %s is %s", async ([operation, fate, shown]) => {
  await stage.hire("w0");
  stage.chat.script.next(operation, fates[fate] ?? lost);
  await stage.give("c1", "m1", typing, captioned, ended);
  await stage.eventually(async () => expect(await stage.record("c1")).toEqual({}));
  await stage.rest();
  expect(stage.chat.shown).toEqual(shown);
  expect(await stage.deadLetters()).toEqual([]);
  expect(stage.chat.rooms.at(-1)?.isOpen).toBe(false);
  expect(stage.chat.script.count(operation)).toBeGreaterThan(0);
});
