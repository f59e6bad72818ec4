import { expect, test } from "vitest";
import type { Actor } from "./testing/actor.ts";
import { answerLost, type Fate, held, refusedByStatus, rejected } from "./testing/call-script.ts";
import { useStage } from "./testing/stage.ts";

// Messages that are refused, and messages that kill.

const stage = useStage();

const executedAndRefused: Fate = (call) => {
  call.execute();
  return refusedByStatus(call);
};

test("a message that the chat server rejects is buried after its tries, and the conversation goes on", async () => {
  const w0 = await stage.hire("w0");
  stage.chat.script.always("send", rejected, "bad");
  await stage.give("c1", "m1", "bad", "m3");
  await stage.shows({ s1: ["m1", "m3"] });
  await stage.rest();
  expect(await stage.deadLetters()).toEqual(["rejected 2"]);
  expect(w0.all("post-failed")).toHaveLength(3);
});

test("statusCode 2 in a session that lives: the message is tried, buried, and the session goes on", async () => {
  await stage.hire("w0");
  stage.chat.script.always("send", refusedByStatus, "bad");
  await stage.give("c1", "m1", "bad", "m3");
  await stage.shows({ s1: ["m1", "m3"] });
  await stage.rest();
  expect(await stage.deadLetters()).toEqual(["rejected 2"]);
});

test("a message that was shown by a call that was refused is not buried, and the next one is not taken for it", async () => {
  await stage.hire("w0");
  for (const fate of [refusedByStatus, refusedByStatus, executedAndRefused]) {
    stage.chat.script.next("send", fate, "m1");
  }
  await stage.give("c1", "m1", "m2");
  await stage.rest();
  expect(stage.chat.shown).toEqual({ s1: ["m1", "m2"] });
  expect(await stage.deadLetters()).toEqual([]);
});

/** Workers come and die, each as soon as it posts the poison; answers the one that lives. */
async function killedBy(poison: string, fate: Fate, deaths: number): Promise<Actor> {
  let worker = await stage.hire("w0");
  for (let death = 1; death <= deaths; death++) {
    const post = held();
    stage.chat.script.next("send", post.fate, poison);
    if (death === 1) await stage.give("c1", poison, "m2");
    await post.arrived;
    const next = await stage.hire(`w${death}`);
    worker.kill();
    post.release(fate);
    await stage.failOver(worker);
    worker = next;
  }
  return worker;
}

test("A17: a message whose delivery keeps killing workers is buried, and the conversation goes on", async () => {
  await killedBy("poison", rejected, 3);
  await stage.rest();
  expect(stage.chat.shown).toEqual({ s1: ["m2"] });
  expect(await stage.deadLetters()).toEqual(["crashing 1"]);
});

test("a message that was shown before its worker died is not buried, and the next one is not taken for it", async () => {
  let worker = await killedBy("poison", rejected, 2);
  const post = held();
  stage.chat.script.next("send", post.fate, "poison");
  await post.arrived;
  const next = await stage.hire("w9");
  worker.kill();
  post.release(answerLost);
  await stage.failOver(worker);
  worker = next;
  await stage.rest();
  expect(stage.chat.shown).toEqual({ s1: ["poison", "m2"] });
  expect(await stage.deadLetters()).toEqual([]);
});
