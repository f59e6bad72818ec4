import { failed } from "@dms/rules";
import { expect, test } from "vitest";
import type { Actor, Tweaks } from "./testing/actor.ts";
import { answerLost, type Fate, held, refusedByStatus, rejected } from "./testing/call-script.ts";
import { useStage } from "./testing/stage.ts";

// Messages that are refused, and messages that kill.

const stage = useStage();

const refusedCall = () =>
  failed({ verdict: "reject", executed: "no", code: "http-413", detail: "send: answered HTTP 413" });

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

test("a message that ends every session that it is posted into is buried, and says what the chat server said", async () => {
  await stage.hire("w0", {
    chat: (real) => ({
      send: async (handle, post, signal) => {
        if (post.text === "bad") stage.chat.end(handle.chatId);
        const isOpen = stage.chat.room(handle.chatId).isOpen;
        return isOpen ? real.send(handle, post, signal) : refusedCall();
      },
      refresh: async (handle, position, signal) =>
        stage.chat.room(handle.chatId).isOpen ? real.refresh(handle, position, signal) : refusedCall(),
    }),
  });
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.give("c1", "bad", "m3");
  await stage.eventually(async () => expect(await stage.deadLetters()).toEqual(["rejected 2"]));
  const [letter] = await stage.redis.xrange("dms:{stage:0}:dead", "-", "+");
  expect(letter?.[1]).toContain("the chat server refuses this message: send: answered HTTP 413");
  await stage.eventually(() => expect(Object.values(stage.chat.shown).flat()).toEqual(["m1", "m3"]));
  expect(stage.chat.rooms).toHaveLength(4);
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
async function killedBy(
  poison: string,
  fate: Fate,
  { deaths, first, tweaks }: { deaths: number; first?: Actor; tweaks?: Tweaks },
): Promise<Actor> {
  let worker = first ?? (await stage.hire("w0", tweaks));
  for (let death = 1; death <= deaths; death++) {
    const post = held();
    stage.chat.script.next("send", post.fate, poison);
    if (death === 1) await stage.give("c1", poison, "m2");
    await post.arrived;
    const next = await stage.hire(`w${death}`, tweaks);
    worker.kill();
    post.release(fate);
    await stage.failOver(worker);
    worker = next;
  }
  return worker;
}

test("A17: a message whose delivery keeps killing workers is buried, and the conversation goes on", async () => {
  await killedBy("poison", rejected, { deaths: 3 });
  await stage.rest();
  expect(stage.chat.shown).toEqual({ s1: ["m2"] });
  expect(await stage.deadLetters()).toEqual(["crashing 1"]);
});

test("a message that was shown before its worker died is not buried, and the next one is not taken for it", async () => {
  let worker = await killedBy("poison", rejected, { deaths: 2 });
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

/** A poison and its innocent neighbour, whose record counts a delivery when it is loaded or when its head is started. */
async function neighbourOfPoison(countsAt: "load" | "start"): Promise<string[]> {
  const isSlow = new Set<string>();
  const tweaks: Tweaks = {
    partitions: (real) => ({
      load: async (partition, member, ids) => {
        const records = await real.load(partition, member, ids);
        for (const [i, reply] of records.entries()) {
          const conversation = ids[i];
          if (countsAt === "start" || !("record" in reply) || conversation === undefined) continue;
          const { grant, suspect } = reply.record;
          const holding = { partition, member, conversation, grant };
          if (suspect > 0) await real.start(holding, { seq: suspect, isSurvived: false });
        }
        return records;
      },
    }),
    chat: (real) => ({
      refresh: (handle, position, signal) =>
        // Only the reading of the whole: a poll that has just begun must not keep the lane from posting.
        isSlow.has(handle.chatId) && position === 1
          ? new Promise(() => undefined)
          : real.refresh(handle, position, signal),
    }),
  };
  const first = await stage.hire("w0", tweaks);
  await stage.give("c2", "n1");
  await stage.shows({ s1: ["n1"] });
  await stage.rest();
  isSlow.add("s1");
  stage.chat.script.next("send", () => new Promise(() => undefined), "n2");
  await stage.give("c2", "n2");
  await stage.eventually(() => expect(stage.chat.script.calls).toContain("send n2"));
  await killedBy("poison", rejected, { deaths: 3, first, tweaks });
  isSlow.clear();
  const heir = await stage.hire("w8");
  await stage.failOver(stage.actors.at(-2) ?? heir);
  await stage.rest();
  return (await stage.deadLetters()).toSorted();
}

test("S17: an innocent head beside a poison is shown, however often its worker dies", async () => {
  expect(await neighbourOfPoison("start")).toEqual(["crashing 1"]);
  expect(stage.chat.shown).toEqual({ s1: ["n1", "n2"], s2: ["m2"] });
});

test("S17 with deliveries counted for heads that were not begun: the innocent one is buried too", async () => {
  expect(await neighbourOfPoison("load")).toEqual(["crashing 1", "crashing 2"]);
});
