import { expect, test } from "vitest";
import { late, lost } from "./testing/call-script.ts";
import { useStage } from "./testing/stage.ts";

// A request that the chat server executes after everybody has stopped waiting for it. Its message is shown twice, which
// nobody can prevent; the messages after it must not pay for that.

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
