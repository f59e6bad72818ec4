import { afterEach, expect, test, vi } from "vitest";
import { Conversation } from "./conversation.ts";
import type { Actor } from "./testing/actor.ts";
import {
  answerLost,
  failedByStatus,
  type Fate,
  gone,
  refusedByStatus,
  rejected,
  unavailable,
} from "./testing/call-script.ts";
import { useStage } from "./testing/stage.ts";

// Traces about servers that answer, and take nothing: they are asked ever less often, and nothing is given up before its time.

afterEach(() => {
  vi.restoreAllMocks();
});

const stage = useStage();

/** Tries that are waited for, and what they take at least by the stage's pauses: 10 ms each, once they are the longest. */
const tries = 16;
const pausesMs = 120;

/** How long so many tries take; milliseconds. */
async function timeOf(operation: string, count = tries): Promise<number> {
  const startedAt = performance.now();
  const before = stage.chat.script.count(operation);
  await stage.eventually(() => expect(stage.chat.script.count(operation)).toBeGreaterThanOrEqual(before + count));
  return performance.now() - startedAt;
}

async function inSession(): Promise<Actor> {
  const actor = await stage.hire("w0");
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.rest();
  return actor;
}

test.for<[string, Fate]>([
  ["fails, and says nothing of the session", failedByStatus],
  ["says that the session is over, which its transcript denies", gone],
])("a post that %s is made ever less often", async ([, fate]) => {
  await inSession();
  const end = stage.chat.script.always("send", fate, "m2");
  await stage.give("c1", "m2");
  expect(await timeOf("send")).toBeGreaterThan(pausesMs);
  end();
  await stage.shows({ s1: ["m1", "m2"] });
});

test("sessions that are over before they took anything are opened ever less often", async () => {
  await stage.hire("w0");
  const end = stage.chat.script.always("send", (call) => {
    stage.chat.end(stage.chat.rooms.at(-1)?.chatId ?? "");
    return gone(call);
  });
  await stage.give("c1", "m1");
  // Pauses of at least 2, 5, 10, 20, 40, 80, 160, 300 and 300 ms: they grow beyond the longest one after a failed call.
  expect(await timeOf("create", 10)).toBeGreaterThan(850);
  end();
  await stage.eventually(() => expect(Object.values(stage.chat.shown).flat()).toEqual(["m1"]));
});

test("without pauses the same is done as often as the server answers", async () => {
  vi.spyOn(Conversation.prototype, "backOff").mockReturnValue();
  await inSession();
  const end = stage.chat.script.always("send", failedByStatus, "m2");
  await stage.give("c1", "m2");
  const before = stage.chat.script.count("send");
  await stage.eventually(() => expect(stage.chat.script.count("send")).toBeGreaterThan(before + 200));
  end();
});

test("an end by the customer that its server does not take, after a repetition, is made ever less often", async () => {
  const w0 = await inSession();
  stage.chat.script.next("send", (call) => {
    call.execute();
    return call.execute();
  });
  await stage.give("c1", "m2");
  await stage.shows({ s1: ["m1", "m2", "m2"] });
  stage.chat.renumber("s1");
  await stage.eventually(() => expect(w0.all("conversation-reconciled").at(-1)).toMatchObject({ extra: 1 }));
  const end = stage.chat.script.always("disconnect", unavailable);
  await stage.give("c1", { type: "activity", activity: "ended" });
  expect(await timeOf("disconnect")).toBeGreaterThan(pausesMs);
  end();
  await stage.rest();
});

test("a session is given up for looks that are refused, not for one after others that failed", async () => {
  const w0 = await inSession();
  const refusals: Fate[] = [...Array.from({ length: 6 }, () => unavailable), rejected];
  for (const fate of refusals) stage.chat.script.next("refresh", fate);
  stage.chat.renumber("s1");
  stage.chat.script.next("send", answerLost, "m2");
  await stage.give("c1", "m2");
  await stage.shows({ s1: ["m1", "m2"] });
  await stage.rest();
  expect(w0.all("session-ended")).toEqual([]);
});

test("what was refused of a session, or of one file, says nothing of the files after it", async () => {
  await stage.hire("w0");
  stage.chat.script.next("create", rejected);
  const media = ["one", "two", "three"].map((name) => ({ id: name, name }));
  stage.chat.script.next("upload", refusedByStatus, "two");
  await stage.give("c1", { type: "media", media });
  await stage.shows({ s1: ["file one", "[file two: refused by the chat server]", "file three"] });
});
