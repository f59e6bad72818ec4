import { afterEach, expect, test, vi } from "vitest";
import { Quarantine } from "./quarantine.ts";
import type { Actor } from "./testing/actor.ts";
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
  vi.spyOn(Quarantine.prototype, "enter").mockResolvedValue();
  expect(await deadBesidePoison()).toEqual(["crashing 1", "crashing 1"]);
});
