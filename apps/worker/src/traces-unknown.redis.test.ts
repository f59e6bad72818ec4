import { expect, test } from "vitest";
import { gone, notDeployed, refusedByGateway } from "./testing/call-script.ts";
import { useStage } from "./testing/stage.ts";

// A session that something in front of its chat server does not know.

const stage = useStage();
/** As the stage is configured. */
const unknownSessionMs = 1000;

async function liveSession(): Promise<void> {
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.rest();
}

test("a session that a load balancer does not know for a moment lives on, and its agent's words are sent", async () => {
  const w0 = await stage.hire("w0");
  await liveSession();
  for (let i = 0; i < 2; i++) stage.chat.script.next("refresh", notDeployed);
  stage.chat.script.next("send", notDeployed, "m2");
  await stage.give("c1", "m2");
  await stage.shows({ s1: ["m1", "m2"] });
  stage.chat.say("s1", "are you there?");
  await stage.sends("are you there?");
  await stage.rest();
  expect(w0.all("session-ended")).toEqual([]);
  expect(await stage.deadLetters()).toEqual([]);
});

test("a session whose every call a gateway refuses for a moment lives on, and its agent's words are sent", async () => {
  const w0 = await stage.hire("w0");
  await liveSession();
  for (let i = 0; i < 8; i++) stage.chat.script.next("refresh", refusedByGateway);
  await stage.eventually(() => expect(stage.chat.script.count("refresh")).toBeGreaterThan(8));
  stage.chat.say("s1", "are you there?");
  await stage.sends("are you there?");
  expect(w0.all("session-ended")).toEqual([]);
  expect(stage.chat.script.calls).not.toContain("disconnect s1");
});

test("a session that is unknown for longer than the bound is over, its agent is told, and the message goes into the next", async () => {
  const w0 = await stage.hire("w0");
  await liveSession();
  const begun = performance.now();
  stage.chat.script.always("refresh", notDeployed, "s1");
  stage.chat.script.always("send", (call) => (stage.chat.rooms.length > 1 ? call.execute() : notDeployed(call)));
  await stage.give("c1", "m2", "m3");
  await stage.shows({ s1: ["m1"], s2: ["m2", "m3"] });
  expect(w0.all("session-ended")[0]).toMatchObject({ chatId: "s1", isReadable: false });
  expect(performance.now() - begun).toBeGreaterThan(unknownSessionMs - 1);
  expect(stage.chat.script.calls).toContain("disconnect s1");
});

test("a session that the chat server itself does not know is replaced at once", async () => {
  await stage.hire("w0");
  await liveSession();
  stage.chat.script.always("refresh", gone, "s1");
  stage.chat.script.next("send", gone, "m2");
  await stage.give("c1", "m2");
  await stage.shows({ s1: ["m1"], s2: ["m2"] });
  expect(stage.chat.script.calls).not.toContain("disconnect s1");
});

test("an end by the customer is made again while a load balancer does not know the session", async () => {
  const w0 = await stage.hire("w0");
  await liveSession();
  for (let i = 0; i < 2; i++) stage.chat.script.next("disconnect", notDeployed);
  await stage.give("c1", { type: "activity", activity: "ended" });
  await w0.saw("conversation-closed");
  expect(stage.chat.room("s1").isOpen).toBe(false);
});

test("an end by the customer that is unknown for longer than the bound is given up", async () => {
  const w0 = await stage.hire("w0");
  await liveSession();
  stage.chat.script.always("disconnect", notDeployed);
  await stage.give("c1", { type: "activity", activity: "ended" });
  await w0.saw("message-noted");
  expect(stage.chat.script.count("disconnect")).toBeGreaterThan(2);
});
