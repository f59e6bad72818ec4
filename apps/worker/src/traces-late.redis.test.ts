import type * as Rules from "@dms/rules";
import { afterEach, expect, test, vi } from "vitest";
import { late, lost } from "./testing/call-script.ts";
import { useStage } from "./testing/stage.ts";
import { restore } from "./testing/switchable.ts";

// A transcript that shows more posts than were made and are the next ones: a request that the chat server executes after
// everybody has stopped waiting for it, whose message is shown twice, which nobody can prevent; or posts that come back with
// the transcript that had lost them. The messages after it must not pay for that.

const broken = vi.hoisted(() => ({ rules: {} as Partial<typeof Rules> }));
vi.mock("@dms/rules", async (load) => {
  const { switchable } = await import("./testing/switchable.ts");
  return switchable(await load<typeof Rules>(), broken.rules);
});
afterEach(() => restore(broken.rules));

const stage = useStage();

test("a post that is executed after it was made again: it is shown twice, and what follows is shown all the same", async () => {
  const copy = late();
  const w0 = await stage.hire("w0");
  stage.chat.script.next("send", copy.fate, "m1");
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  copy.execute();
  stage.chat.script.next("send", lost, "m2");
  await stage.give("c1", "m2", "m3");
  await stage.rest();
  expect(stage.chat.shown).toEqual({ s1: ["m1", "m1", "m2", "m3"] });
  expect(w0.all("duplicate-possible").map(({ reason }) => reason)).toEqual(["executed-late"]);
});

test("a late repetition that only the next owner sees: it is known by what it says", async () => {
  const copy = late();
  const w0 = await stage.hire("w0");
  stage.chat.script.next("send", copy.fate, "m1");
  await stage.give("c1", "m1", "m2");
  await stage.shows({ s1: ["m1", "m2"] });
  await stage.rest();
  copy.execute();
  await stage.hire("w1");
  await stage.failOver(w0);
  await stage.give("c1", "m3");
  await stage.rest();
  expect(stage.chat.shown).toEqual({ s1: ["m1", "m2", "m1", "m3"] });
});

test("a late repetition that nothing follows does not keep an ended session open", async () => {
  const copy = late();
  await stage.hire("w0");
  stage.chat.script.next("send", copy.fate, "m1");
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.rest();
  copy.execute();
  stage.chat.say("s1", "goodbye");
  stage.chat.end("s1");
  await stage.sends("goodbye");
  await stage.eventually(async () => expect(await stage.record("c1")).toEqual({}));
  await stage.give("c1", "m2");
  await stage.shows({ s1: ["m1", "m1"], s2: ["m2"] });
});

/** Another server restores a session without its last post, and the next one restores it whole. */
async function lostItsTailAndFoundItAgain(): Promise<Record<string, string[]>> {
  const w0 = await stage.hire("w0");
  await stage.give("c1", "m1", "m2");
  await stage.shows({ s1: ["m1", "m2"] });
  await stage.rest();
  const reconciled = w0.all("conversation-reconciled").length;
  const room = stage.chat.room("s1");
  const whole = room.events;
  room.events = whole.filter(({ text }) => text !== "m2");
  stage.chat.renumber("s1");
  expect(await w0.saw("conversation-reconciled", reconciled + 1)).toMatchObject({ own: 1, shown: 2, extra: 0 });
  room.events = whole;
  stage.chat.renumber("s1");
  expect(await w0.saw("conversation-reconciled", reconciled + 2)).toMatchObject({ own: 2, shown: 2, extra: 1 });
  await stage.give("c1", "m3");
  await stage.rest();
  return stage.chat.shown;
}

test("a post that a restored transcript had lost and has again is not taken for the next message's", async () => {
  expect(await lostItsTailAndFoundItAgain()).toEqual({ s1: ["m1", "m2", "m3"] });
});

test("a post that was lost and is there again, by its count alone: the next message is never shown", async () => {
  broken.rules.judgeSurplus = () => "shown";
  expect(await lostItsTailAndFoundItAgain()).toEqual({ s1: ["m1", "m2"] });
});
