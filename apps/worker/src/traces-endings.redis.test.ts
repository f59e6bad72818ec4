import { failed } from "@dms/rules";
import { afterEach, expect, test, vi } from "vitest";
import { ReplyLane } from "./reply-lane.ts";
import { Settler } from "./settler.ts";
import { answerLost, gone, held, lost, unavailable } from "./testing/call-script.ts";
import { useStage } from "./testing/stage.ts";

// Traces about sessions that end; each runs again with its rule taken out.

afterEach(() => {
  vi.restoreAllMocks();
});

const stage = useStage();

const tooMany = { verdict: "retry", executed: "no", code: "http-429", detail: "busy", retryAfterMs: 60_000 } as const;

const never = <T>(): Promise<T> => new Promise(() => undefined);

async function endedBeforeSettled(isFlushed: boolean): Promise<Record<string, string[]>> {
  const w0 = await stage.hire("w0", {
    partitions: () => ({ settle: () => never() }),
    chat: (real) => ({
      send: (handle, post, signal) => (handle.chatId === "s2" ? never() : real.send(handle, post, signal)),
    }),
  });
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  stage.chat.end("s1");
  await stage.give("c1", "m2");
  await (isFlushed ? w0.saw("session-ended") : w0.saw("session-opened", 2));
  vi.restoreAllMocks();
  await stage.hire("w1");
  await stage.failOver(w0);
  await stage.rest();
  return stage.chat.shown;
}

test("D11: what an ended session showed is settled before the next one is made", async () => {
  expect(await endedBeforeSettled(true)).toEqual({ s1: ["m1"], s2: ["m2"] });
});

test("D11 with a new session before the settle: the message is shown in both", async () => {
  vi.spyOn(Settler.prototype, "flush").mockResolvedValue();
  expect(await endedBeforeSettled(false)).toEqual({ s1: ["m1"], s2: ["m1", "m2"] });
});

/** What customers got of a last reply that was under way when its worker died. */
async function lastReply(isWaitedFor: boolean): Promise<string[]> {
  const w0 = await stage.hire("w0");
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.rest();
  const reply = held();
  stage.hub.script.next("send", reply.fate, "goodbye");
  stage.chat.say("s1", "goodbye");
  stage.chat.end("s1");
  await reply.arrived;
  await (isWaitedFor ? w0.saw("session-ended") : w0.saw("conversation-closed"));
  await stage.hire("w1");
  await stage.failOver(w0);
  reply.release(lost);
  await stage.eventually(async () => expect(await stage.record("c1")).toEqual({}));
  return stage.hub.sent;
}

test("S14: a conversation is closed when the last reply is at the hub, not before", async () => {
  expect(await lastReply(true)).toEqual(["goodbye"]);
});

test("S14 with a close that waits for nothing: the last reply is lost with its worker", async () => {
  vi.spyOn(ReplyLane.prototype, "drained").mockResolvedValue("drained");
  expect(await lastReply(false)).toEqual([]);
});

/** What customers got of replies that waited when their conversation was to move, after its session had ended for good. */
async function lastReplies(): Promise<string[]> {
  const w0 = await stage.hire("w0");
  await stage.give("c1", "m1");
  await stage.give("c2", "n1");
  await stage.shows({ s1: ["m1"], s2: ["n1"] });
  await stage.rest();
  const reply = held();
  stage.hub.script.next("send", reply.fate, "r1");
  for (const text of ["r1", "r2", "r3"]) stage.chat.say("s1", text);
  await reply.arrived;
  stage.chat.room("s1").isReadable = false;
  stage.chat.end("s1");
  await w0.saw("session-ended");
  await stage.hire("w1");
  await stage.shed(w0, 2);
  // The other conversation has gone, so this one is wished for too.
  await w0.saw("conversation-moved");
  reply.release();
  await stage.eventually(async () => expect(await stage.record("c1")).toEqual({}));
  return stage.hub.sent;
}

test("replies of an ended session that can no longer be read are sent before their conversation moves", async () => {
  expect(await lastReplies()).toEqual(["r1", "r2", "r3"]);
});

test("replies of an ended session that are not waited for are lost with the move", async () => {
  vi.spyOn(ReplyLane.prototype, "finish").mockResolvedValue();
  expect(await lastReplies()).toEqual(["r1"]);
});

test("a drain does not press a hub that asked for a pause, however long it waits for an ended session's last reply", async () => {
  let looks = 0;
  const w0 = await stage.hire("w0", {
    partitions: (real) => ({
      withdraw: (...call) => {
        looks++;
        return real.withdraw(...call);
      },
    }),
  });
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.rest();
  stage.hub.script.always("send", () => failed({ ...tooMany }), "r1");
  stage.chat.say("s1", "r1");
  await w0.saw("reply-failed");
  stage.chat.room("s1").isReadable = false;
  stage.chat.end("s1");
  await w0.saw("session-ended");
  await stage.hire("w1");
  const drained = w0.worker.drain(performance.now() + 2000);
  await stage.eventually(() => expect(looks).toBeGreaterThan(6));
  expect(stage.hub.script.count("send")).toBeLessThanOrEqual(2);
  await drained;
});

test("messages that wait when an agent ends the session: its replies first, then a new session with the messages", async () => {
  const w0 = await stage.hire("w0");
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  const reply = held();
  stage.hub.script.next("send", reply.fate, "r1");
  stage.chat.say("s1", "r1");
  stage.chat.end("s1");
  await reply.arrived;
  await stage.give("c1", "m2", "m3");
  await w0.saw("session-ended");
  expect(w0.all("session-opened")).toHaveLength(1);
  reply.release();
  await stage.shows({ s1: ["m1"], s2: ["m2", "m3"] });
  stage.chat.say("s2", "r2");
  await stage.sends("r1", "r2");
  expect(w0.events.map(({ type }) => type).filter((type) => /^(reply-sent|session-opened)$/.test(type))).toEqual([
    "session-opened",
    "reply-sent",
    "session-opened",
    "reply-sent",
  ]);
});

test("an ended session that cannot be read while a post is unknown: the post is made again, and that is counted", async () => {
  const w0 = await stage.hire("w0");
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  stage.chat.room("s1").isReadable = false;
  stage.chat.script.next("send", (call) => {
    const outcome = answerLost(call);
    stage.chat.end("s1");
    return outcome;
  });
  await stage.give("c1", "m2");
  await stage.shows({ s1: ["m1", "m2"], s2: ["m2"] });
  await stage.rest();
  expect(w0.all("duplicate-possible")).toMatchObject([{ reason: "transcript-unreadable" }]);
});

test("an ended session that cannot be read after its owner's death: what was not settled is shown again and counted", async () => {
  const w0 = await stage.hire("w0", { partitions: () => ({ settle: () => never() }) });
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  stage.chat.room("s1").isReadable = false;
  stage.chat.end("s1");
  const w1 = await stage.hire("w1");
  await stage.failOver(w0);
  await stage.shows({ s1: ["m1"], s2: ["m1"] });
  expect(w1.all("duplicate-possible")).toHaveLength(1);
});

test("an ended session that cannot be read while nothing is unknown: nothing is shown again or counted", async () => {
  const w0 = await stage.hire("w0");
  stage.chat.script.next("send", answerLost, "m1");
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.rest();
  stage.chat.room("s1").isReadable = false;
  stage.chat.end("s1");
  await stage.give("c1", "m2");
  await stage.shows({ s1: ["m1"], s2: ["m2"] });
  expect(w0.all("duplicate-possible")).toEqual([]);
});

test("a session that no server knows any more: the same message goes into a new one", async () => {
  await stage.hire("w0");
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.rest();
  stage.chat.script.always("refresh", gone, "s1");
  stage.chat.script.next("send", gone, "m2");
  await stage.give("c1", "m2");
  await stage.shows({ s1: ["m1"], s2: ["m2"] });
});

test("a customer who leaves: the session is ended from this side, its last replies are sent, the record goes", async () => {
  await stage.hire("w0");
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  stage.chat.say("s1", "r1");
  stage.chat.script.next("disconnect", unavailable);
  await stage.give("c1", { type: "activity", activity: "ended" }, "m2");
  await stage.shows({ s1: ["m1"], s2: ["m2"] });
  await stage.sends("r1");
  expect(stage.chat.room("s1").isOpen).toBe(false);
  await stage.give("c1", { type: "activity", activity: "ended" });
  await stage.eventually(async () => expect(await stage.record("c1")).toEqual({}));
  expect(stage.chat.rooms.map(({ isOpen }) => isOpen)).toEqual([false, false]);
  expect(await stage.deadLetters()).toEqual([]);
});

test("signs without a session: typing and an end leave nothing behind, a receipt is buried where none is to open one", async () => {
  const w0 = await stage.hire("w0");
  const typing = { type: "activity", activity: "typing-started" } as const;
  await stage.give("c1", typing, { type: "activity", activity: "ended" });
  await stage.give("c2", { type: "receipt", receipt: { status: "read", messageId: "m" } });
  await stage.eventually(async () => {
    expect([await stage.record("c1"), await stage.record("c2")]).toEqual([{}, {}]);
  });
  await stage.rest();
  expect(stage.chat.shown).toEqual({});
  expect(await stage.deadLetters()).toEqual(["no-session 1"]);
  expect(w0.all("message-buried")).toMatchObject([
    { detail: "a receipt came, there is no chat session, and receipts open none in this channel (receipts: never)" },
  ]);
});

test("signs in a session: a receipt is a post, typing is shown and not counted", async () => {
  await stage.hire("w0");
  const typing = { type: "activity", activity: "typing-started" } as const;
  const receipt = { type: "receipt", receipt: { status: "read", messageId: "m" } } as const;
  stage.chat.script.next("typing", lost);
  await stage.give("c1", "m1", typing, { ...typing, activity: "typing-stopped" }, receipt);
  await stage.shows({ s1: ["m1", "[receipt] read m"] });
  await stage.rest();
  expect(stage.chat.typings).toEqual([false]);
  expect(await stage.record("c1")).toMatchObject({ done: "4", shown: "2" });
});

test("a customer whose name is empty or blank is called by the id: a chat server takes no session without a nickname", async () => {
  await stage.hire("w0");
  await stage.give("c1", { type: "text", text: "m1", from: { id: "q1", name: "" } });
  await stage.give("c2", { type: "text", text: "n1", from: { id: "q2", name: "  " } });
  await stage.rest();
  expect(stage.chat.rooms.map(({ opening }) => opening.nickname).toSorted()).toEqual(["q1", "q2"]);
});
