import type { ChatEvent } from "@dms/protocol";
import type { Chat, ChatTurn, Outcome } from "@dms/rules";
import { expect, test } from "vitest";
import type { Tweaks } from "./testing/actor.ts";
import { useStage } from "./testing/stage.ts";

// Answers that do not say where to read on: what was read before comes again with the next poll.

const stage = useStage();

/** All answers as a server gives them that names no next position, and no index for some events. */
function without(hasIndex: (event: ChatEvent) => boolean): Tweaks {
  const strip = (outcome: Outcome<ChatTurn>): Outcome<ChatTurn> => {
    if (!outcome.ok) return outcome;
    const events = outcome.value.events.map(({ index, ...event }) =>
      index !== undefined && hasIndex({ ...event, index }) ? { ...event, index } : event,
    );
    return { ok: true, value: { ...outcome.value, nextPosition: 0, events } };
  };
  const tweak = (real: Chat): Partial<Chat> => ({
    refresh: async (handle, position, signal) => strip(await real.refresh(handle, position, signal)),
    send: async (handle, post, signal) => strip(await real.send(handle, post, signal)),
  });
  return { chat: tweak };
}

const forms: [string, (event: ChatEvent) => boolean][] = [
  ["no event has an index", () => false],
  ["agents' messages have no index", ({ from }) => from.type !== "Agent"],
  ["the last agent's message has no index", ({ text }) => text !== "two"],
];

for (const [form, hasIndex] of forms) {
  test(`each reply is sent once where no next position is given and ${form}`, async () => {
    const w0 = await stage.hire("w0", without(hasIndex));
    await stage.give("c1", "m1");
    await stage.shows({ s1: ["m1"] });
    stage.chat.say("s1", "one");
    stage.chat.say("s1", "two");
    await stage.sends("one", "two");
    const looks = stage.chat.script.count("refresh");
    await stage.eventually(() => expect(stage.chat.script.count("refresh")).toBeGreaterThan(looks + 6));
    await stage.give("c1", "m2");
    await stage.shows({ s1: ["m1", "m2"] });
    stage.chat.say("s1", "three");
    await stage.sends("one", "two", "three");
    await stage.rest();
    expect(new Set(stage.hub.outbox.map(({ key }) => key)).size).toBe(3);
    expect(w0.all("session-ended")).toEqual([]);
  });
}

test("a customer's end is made at once where no position is given", async () => {
  const w0 = await stage.hire(
    "w0",
    without(() => false),
  );
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  stage.chat.say("s1", "one");
  await stage.give("c1", { type: "activity", activity: "ended" });
  await w0.saw("conversation-closed");
  expect(stage.hub.sent).toEqual(["one"]);
  expect(stage.chat.script.count("disconnect")).toBe(1);
});
