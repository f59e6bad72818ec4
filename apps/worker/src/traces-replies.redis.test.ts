import type * as Rules from "@dms/rules";
import { afterEach, expect, test, vi } from "vitest";
import type { Actor, Tweaks } from "./testing/actor.ts";
import { answerLost, conflicting, type Fate, held, lost, rejected, unavailable } from "./testing/call-script.ts";
import { useStage } from "./testing/stage.ts";
import { restore } from "./testing/switchable.ts";

// Traces about agents' replies; the rules' traces run again with the rule taken out.

const broken = vi.hoisted(() => ({ rules: {} as Partial<typeof Rules> }));
vi.mock("@dms/rules", async (load) => {
  const { switchable } = await import("./testing/switchable.ts");
  return switchable(await load<typeof Rules>(), broken.rules);
});
afterEach(() => restore(broken.rules));

const stage = useStage();

async function inSession(name = "w0", tweaks: Tweaks = {}): Promise<Actor> {
  const actor = await stage.hire(name, tweaks);
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.rest();
  return actor;
}

const answered = (count: number): Promise<unknown> =>
  stage.eventually(async () => expect(await stage.record("c1")).toMatchObject({ answered: String(count) }));

async function diedBeforeAdvanceAndRestored(): Promise<string[]> {
  const w0 = await inSession();
  const reply = held();
  stage.hub.script.next("send", reply.fate, "r1");
  stage.chat.say("s1", "r1");
  await reply.arrived;
  w0.kill();
  reply.release();
  await stage.eventually(() => expect(stage.hub.sent).toEqual(["r1"]));
  stage.chat.renumber("s1");
  stage.chat.say("s1", "r2");
  const w1 = await stage.hire("w1");
  await stage.failOver(w0);
  await Promise.race([answered(2), w1.saw("reply-conflict")]);
  return stage.hub.sent;
}

test("S15: a reply keeps its key when another chat server restores the session with other positions", async () => {
  expect(await diedBeforeAdvanceAndRestored()).toEqual(["r1", "r2"]);
});

test("S15 with a key made of the position: a reply is sent twice, and the next one meets its old key", async () => {
  broken.rules.replyKey = (chatId, { event }) => `${chatId}:${event.index}`;
  expect(await diedBeforeAdvanceAndRestored()).toEqual(["r1", "r1"]);
});

test("S15: a session that moves to another server while it is served loses and repeats no reply", async () => {
  const w0 = await inSession();
  stage.chat.say("s1", "r1");
  await stage.sends("r1");
  stage.chat.renumber("s1");
  stage.chat.say("s1", "r2");
  await answered(2);
  expect(stage.hub.sent).toEqual(["r1", "r2"]);
  expect(w0.all("transcript-renumbered")).toHaveLength(1);
  await stage.give("c1", "m2");
  await stage.shows({ s1: ["m1", "m2"] });
});

test.for<[string, Fate, number]>([
  ["lost on its way", lost, 1],
  ["executed without an answer", answerLost, 1],
  ["not taken for the moment", unavailable, 1],
])("a reply that is %s is sent once, and those after it in order", async ([, fate]) => {
  const w0 = await inSession();
  stage.hub.script.next("send", fate, "r1");
  stage.chat.say("s1", "r1");
  stage.chat.say("s1", "r2");
  await answered(2);
  expect(stage.hub.sent).toEqual(["r1", "r2"]);
  expect(w0.all("reply-failed")).toHaveLength(1);
});

test("a reply that the hub refuses goes to the dead letters, and the next one is sent", async () => {
  const w0 = await inSession();
  stage.hub.script.next("send", rejected, "r1");
  stage.chat.say("s1", "r1");
  stage.chat.say("s1", "r2");
  await answered(2);
  expect(stage.hub.sent).toEqual(["r2"]);
  expect(await stage.deadLetters()).toEqual(["reply-rejected 1"]);
  expect(w0.all("reply-refused")).toHaveLength(1);
});

test("A16: a conflict is never skipped: nothing follows it until the hub takes the reply", async () => {
  const w0 = await inSession();
  const end = stage.hub.script.always("send", conflicting, "r1");
  stage.chat.say("s1", "r1");
  stage.chat.say("s1", "r2");
  await w0.saw("reply-conflict");
  await stage.give("c1", "m2");
  await stage.shows({ s1: ["m1", "m2"] });
  await stage.rest();
  expect(stage.hub.sent).toEqual([]);
  expect(await stage.record("c1")).toMatchObject({ answered: "0" });
  end();
  await stage.hire("w1");
  await stage.failOver(w0);
  await answered(2);
  expect(stage.hub.sent).toEqual(["r1", "r2"]);
});

/** A worker dies when its file is at the hub and the message about it is under way. */
async function diedBetweenUploadAndSend(tweaks: Tweaks): Promise<Actor> {
  const w0 = await inSession();
  const reply = held();
  stage.hub.script.next("send", reply.fate, "media");
  stage.chat.sayFile("s1", "price list");
  await reply.arrived;
  w0.kill();
  reply.release();
  await stage.eventually(() => expect(stage.hub.sent).toEqual(["file price list"]));
  const w1 = await stage.hire("w1", tweaks);
  await stage.failOver(w0);
  return w1;
}

test("an agent's file is sent once, as the same message, when its worker dies between upload and answer", async () => {
  const w1 = await diedBetweenUploadAndSend({});
  await answered(1);
  expect(stage.hub.sent).toEqual(["file price list"]);
  expect(stage.hub.files.size).toBe(1);
  expect(w1.all("reply-sent")).toMatchObject([{ isReplayed: true }]);
});

test("an agent's file whose place was not stored: the repeated message is another one, and the hub says so", async () => {
  const w1 = await diedBetweenUploadAndSend({
    partitions: (real) => ({
      load: async (...call) => {
        const records = await real.load(...call);
        return records.map((reply) =>
          "record" in reply ? { ...reply, record: { ...reply.record, pending: "" } } : reply,
        );
      },
    }),
  });
  await w1.saw("reply-conflict");
});

test("an agent's file that is gone is a dead letter, and what follows it is sent", async () => {
  await inSession();
  stage.chat.script.next("download", rejected);
  stage.chat.sayFile("s1", "lost list");
  stage.chat.say("s1", "r2");
  await answered(2);
  expect(stage.hub.sent).toEqual(["r2"]);
  expect(await stage.deadLetters()).toEqual(["reply-rejected 1"]);
});

test("an agent's file that neither side gives or takes at once is told of, and sent all the same", async () => {
  const w0 = await inSession();
  stage.chat.script.next("download", unavailable);
  stage.hub.script.next("upload", lost);
  stage.chat.sayFile("s1", "price list");
  await answered(1);
  expect(stage.hub.sent).toEqual(["file price list"]);
  expect(w0.all("reply-failed")).toMatchObject([{ code: "http-503" }, { code: "timeout" }]);
});

test("an agent who types is seen by the customer, and a lost sign costs nothing", async () => {
  await inSession();
  stage.hub.script.next("activity", lost);
  stage.chat.say("s1", "", { type: "TypingStarted" });
  stage.chat.say("s1", "", { type: "TypingStopped" });
  stage.chat.say("s1", "r1");
  await stage.sends("r1");
  await stage.eventually(() => expect(stage.hub.activities).toEqual(["typing-stopped"]));
});

test("while a sign of typing is on its way, of those that follow only the last is shown", async () => {
  await inSession();
  const sign = held();
  stage.hub.script.next("activity", sign.fate);
  stage.chat.say("s1", "", { type: "TypingStarted" });
  await sign.arrived;
  for (const type of ["TypingStopped", "TypingStarted", "TypingStopped"]) stage.chat.say("s1", "", { type });
  stage.chat.say("s1", "r1");
  await stage.sends("r1");
  expect(stage.hub.script.count("activity")).toBe(1);
  sign.release();
  await stage.eventually(() => expect(stage.hub.activities).toEqual(["typing-started", "typing-stopped"]));
});

test("an agent's event that cannot be read goes to the dead letters as it came, and the replies around it keep their order", async () => {
  const w0 = await inSession();
  stage.chat.say("s1", "r1");
  stage.chat.say("s1", "", { unreadable: '{"from":{"type":"Agent"},"text":5}' });
  stage.chat.say("s1", "r2");
  await answered(3);
  expect(stage.hub.sent).toEqual(["r1", "r2"]);
  expect(await stage.deadLetters()).toEqual(["reply-rejected 2"]);
  expect(w0.all("reply-refused")).toMatchObject([{ ordinal: 2, detail: "the chat server's event cannot be read" }]);
});

test("a reply under way when the record is read anew is sent, and belongs to its own session", async () => {
  const w0 = await inSession();
  const reply = held();
  stage.hub.script.next("send", reply.fate, "r1");
  stage.chat.say("s1", "r1");
  await reply.arrived;
  // Its transcript cannot be had again: who forgets the reply has lost it.
  stage.chat.room("s1").isReadable = false;
  stage.chat.end("s1");
  const { life = "" } = await stage.record("c1");
  await stage.redis.xadd(`dms:{stage:0}:inbox:${w0.member}`, "*", "h", `t 0 ${life} 1.old whatsapp:c1`, "p", "");
  await stage.give("c1", "m2");
  await w0.saw("session-ended");
  expect(w0.all("conversation-loaded")).toHaveLength(2);
  reply.release(unavailable);
  await stage.shows({ s1: ["m1"], s2: ["m2"] });
  expect(stage.hub.sent).toEqual(["r1"]);
  expect(await stage.record("c1")).toMatchObject({ chat: "s2", answered: "0" });
  stage.chat.say("s2", "r2");
  await stage.sends("r1", "r2");
});

test("a restored transcript without an agent's last words: what agents write then is sent all the same", async () => {
  await inSession();
  stage.chat.say("s1", "r1");
  stage.chat.say("s1", "r2");
  await answered(2);
  const room = stage.chat.room("s1");
  room.events = room.events.filter(({ text }) => text !== "r2");
  stage.chat.renumber("s1");
  await stage.give("c1", "m2");
  await stage.shows({ s1: ["m1", "m2"] });
  stage.chat.say("s1", "r3");
  await stage.sends("r1", "r2", "r3");
});

test("a restored transcript without an agent's last words, in which the agent has written since, hides neither", async () => {
  await inSession();
  stage.chat.say("s1", "r1");
  stage.chat.say("s1", "r2");
  await answered(2);
  const room = stage.chat.room("s1");
  const whole = room.events;
  room.events = whole.filter(({ text }) => text !== "r2");
  stage.chat.say("s1", "r3");
  stage.chat.renumber("s1");
  await stage.sends("r1", "r2", "r3");
  // What was lost comes back, as when the first server does: nothing is said twice.
  room.events = [...whole, ...room.events.slice(-1)];
  stage.chat.renumber("s1");
  stage.chat.say("s1", "r4");
  await stage.sends("r1", "r2", "r3", "r4");
});
