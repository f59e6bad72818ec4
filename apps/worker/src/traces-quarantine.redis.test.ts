import { afterEach, expect, test, vi } from "vitest";
import { Turns } from "./turns.ts";
import type { Actor } from "./testing/actor.ts";
import { held, unavailable } from "./testing/call-script.ts";
import { useStage } from "./testing/stage.ts";

// A poison that kills its worker while the head of a neighbour is on its way too.

afterEach(() => {
  vi.restoreAllMocks();
});

const stage = useStage();

const never = <T>(): Promise<T> => new Promise(() => undefined);
const slowMs = 50;

/** A worker that dies as soon as it posts the poison, and whose other posts take their time. */
async function mortalWorker(name: string): Promise<{ actor: Actor; death: Promise<void> }> {
  const death = Promise.withResolvers<void>();
  let isDead = false;
  const actor = await stage.hire(name, {
    chat: (real) => ({
      send: async (handle, post, signal) => {
        if (post.text === "poison") {
          isDead = true;
          death.resolve();
          return never();
        }
        await new Promise((resolve) => setTimeout(resolve, slowMs));
        return isDead ? never() : real.send(handle, post, signal);
      },
    }),
  });
  return { actor, death: death.promise };
}

async function deadBesidePoison(): Promise<string[]> {
  let worker = await mortalWorker("w0");
  await stage.give("c2", "n1");
  await stage.give("c1", "poison", "m2");
  for (let deaths = 1; deaths <= 3; deaths++) {
    await worker.death;
    worker.actor.kill();
    const next = await mortalWorker(`w${deaths}`);
    await stage.failOver(worker.actor);
    worker = next;
  }
  await stage.rest();
  return (await stage.deadLetters()).toSorted();
}

test("S17: heads that outlived more than one death are shown one at a time, so that only the poison is buried", async () => {
  expect(await deadBesidePoison()).toEqual(["crashing 1"]);
  expect(Object.values(stage.chat.shown).flat().toSorted()).toEqual(["m2", "n1"]);
});

test("S17 with suspects shown side by side: the neighbour shares the deaths and is buried too", async () => {
  vi.spyOn(Turns.prototype, "enter").mockReturnValue(true);
  expect(await deadBesidePoison()).toEqual(["crashing 1", "crashing 1"]);
});

/** Two workers die while the heads of two conversations are on their way; answers the third, which has them as suspects. */
async function outlivingTwoDeaths(): Promise<Actor> {
  let worker = await stage.hire("w0");
  for (let deaths = 1; deaths <= 2; deaths++) {
    const posts = { n1: held(), n2: held() };
    stage.chat.script.next("send", posts.n1.fate, "n1");
    stage.chat.script.next("send", posts.n2.fate, "n2");
    if (deaths === 1) {
      await stage.give("c1", "n1");
      await stage.give("c2", "n2");
    }
    await Promise.all([posts.n1.arrived, posts.n2.arrived]);
    worker.kill();
    posts.n1.release(unavailable);
    posts.n2.release(unavailable);
    if (deaths === 2) break;
    const next = await stage.hire(`w${deaths}`);
    await stage.failOver(worker);
    worker = next;
  }
  return worker;
}

test("S17: a suspect that cannot be shown for long keeps no other suspect back, and its session is looked at", async () => {
  const dead = await outlivingTwoDeaths();
  const heal = stage.chat.script.always("send", unavailable, "n1");
  const heir = await stage.hire("w2");
  await stage.failOver(dead);
  await stage.eventually(() => expect(Object.values(stage.chat.shown).flat()).toContain("n2"));
  await stage.eventually(() => expect(heir.all("post-failed").length).toBeGreaterThan(2));
  const looks = stage.chat.script.count("refresh");
  await stage.eventually(() => expect(stage.chat.script.count("refresh")).toBeGreaterThan(looks + 2));
  heal();
  await stage.rest();
  expect(Object.values(stage.chat.shown).flat().toSorted()).toEqual(["n1", "n2"]);
});

test("S17: workers that die between the tries of a head are no deaths of that head", async () => {
  let worker = await outlivingTwoDeaths();
  const heal = stage.chat.script.always("send", unavailable, "n1");
  for (let deaths = 3; deaths <= 6; deaths++) {
    const next = await stage.hire(`w${deaths}`);
    await stage.failOver(worker);
    await stage.eventually(() => expect(next.all("post-failed").length).toBeGreaterThan(1));
    await stage.eventually(async () => expect((await stage.record("c1"))["started"]).toMatch(/^1:1:$/));
    next.kill();
    worker = next;
  }
  heal();
  await stage.hire("w9");
  await stage.failOver(worker);
  await stage.rest();
  expect(await stage.deadLetters()).toEqual([]);
  expect(Object.values(stage.chat.shown).flat().toSorted()).toEqual(["n1", "n2"]);
});
