import { type ChatTurn, succeeded } from "@dms/rules";
import { expect, test } from "vitest";
import { type Fate, unavailable } from "./testing/call-script.ts";
import { useStage } from "./testing/stage.ts";

// What an agent wrote last before a session ended, where its transcript cannot be read afterwards.

const stage = useStage();
const end = { type: "activity", activity: "ended" } as const;

async function sessionThatIsNotKept(): Promise<void> {
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.rest();
  stage.chat.room("s1").isReadable = false;
}

/** The agent says something and the session is over; the answer to the call tells both. */
function endsWith(text: string, alias = "1"): Fate {
  return () => {
    const position = stage.chat.room("s1").events.length + 1;
    stage.chat.say("s1", text);
    stage.chat.end("s1");
    const { events } = stage.chat.room("s1");
    const handle = { chatId: "s1", alias, secureKey: "key-s1", userId: "user-s1", server: "http://chat" };
    const turn: ChatTurn = {
      handle,
      ended: true,
      nextPosition: events.length + 1,
      events: events.slice(position - 1),
    };
    return succeeded(turn) as never;
  };
}

test("what the agent wrote since the last poll is sent when the customer ends the session", async () => {
  const w0 = await stage.hire("w0");
  await sessionThatIsNotKept();
  stage.chat.say("s1", "your ticket is 17");
  await stage.give("c1", end);
  await w0.saw("conversation-closed");
  expect(stage.hub.sent).toEqual(["your ticket is 17"]);
  expect(w0.all("session-ended")).toMatchObject([{ isReadable: false }]);
});

test("what the agent wrote is sent when the customer ends a session that another server has taken over", async () => {
  const w0 = await stage.hire("w0");
  await sessionThatIsNotKept();
  stage.chat.say("s1", "hello");
  await stage.sends("hello");
  stage.chat.renumber("s1");
  stage.chat.say("s1", "your ticket is 17");
  await stage.give("c1", end);
  await w0.saw("conversation-closed");
  expect(stage.hub.sent).toEqual(["hello", "your ticket is 17"]);
});

test("an end by the customer waits for no server that does not tell what was written", async () => {
  const w0 = await stage.hire("w0");
  await sessionThatIsNotKept();
  const stop = stage.chat.script.always("refresh", unavailable);
  await stage.give("c1", end);
  await stage.eventually(() => expect(stage.chat.script.calls).toContain("disconnect s1"));
  stop();
  await w0.saw("conversation-closed");
});

test("the answer to a post that tells of the session's end brings its agent's last words", async () => {
  const w0 = await stage.hire("w0");
  await sessionThatIsNotKept();
  stage.chat.script.next("send", endsWith("bye"));
  await stage.give("c1", "m2");
  await stage.shows({ s1: ["m1"], s2: ["m2"] });
  await stage.rest();
  await stage.sends("bye");
  expect(w0.all("session-ended")).toMatchObject([{ isReadable: false }]);
});

test("last words that the transcript shows once more are sent once", async () => {
  const w0 = await stage.hire("w0");
  await sessionThatIsNotKept();
  stage.chat.room("s1").isReadable = true;
  stage.chat.script.next("send", endsWith("bye"));
  await stage.give("c1", "m2");
  await stage.shows({ s1: ["m1"], s2: ["m2"] });
  await stage.rest();
  stage.chat.say("s2", "again");
  await stage.sends("bye", "again");
  expect(w0.all("session-ended")).toMatchObject([{ isReadable: true }]);
});
