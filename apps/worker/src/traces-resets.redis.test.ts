import { DmsError } from "@dms/runtime";
import { expect, test } from "vitest";
import { useStage } from "./testing/stage.ts";

// A connection that is lost with a settle under way: what was sent before belongs to the server of before.

const stage = useStage();

const unanswered = (): DmsError => new DmsError("DMS_REDIS_UNAVAILABLE", "the answer was lost", { retryable: true });

test("A11: a settle that was not answered is not repeated after a reset, where the server may have lost its messages", async () => {
  let isCut = false;
  const tried = Promise.withResolvers<void>();
  const w0 = await stage.hire("w0", {
    partitions: (real) => ({
      settle: async (partition, member, settlements) => {
        if (settlements.some(({ done }) => done < 2) || isCut) return real.settle(partition, member, settlements);
        tried.resolve();
        throw unanswered();
      },
    }),
  });
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.rest();
  const durable = await stage.snapshot();
  await stage.give("c1", "m2");
  await tried.promise;
  await stage.rollBack(durable);
  await stage.cut(w0);
  await stage.eventually(() => expect(w0.all("redis-reset")).not.toEqual([]));
  isCut = true;
  // Settles go one after another: when this one is through, the one before was repeated or given up.
  stage.giveAgainFrom(2);
  await stage.give("c2", "n1");
  await stage.rest();
  // The hub was not told of m2 and gives it again; what a repeated settle says of it must not count.
  await stage.give("c1", "m2", "m3");
  await stage.rest();
  expect(stage.chat.shown).toEqual({ s1: ["m1", "m2", "m3"], s2: ["n1"] });
});

test("a settle that is executed after the record was loaded again costs no message that follows", async () => {
  const copy = Promise.withResolvers<void>();
  const executed = Promise.withResolvers<unknown>();
  let isFirst = true;
  let isLost = true;
  const w0 = await stage.hire("w0", {
    partitions: (real) => ({
      settle: async (...call) => {
        if (!isLost) return real.settle(...call);
        if (isFirst) void copy.promise.then(() => executed.resolve(real.settle(...call)));
        isFirst = false;
        throw unanswered();
      },
    }),
    inbox: (real) => ({
      read: async (...call) => {
        const entries = await real.read(...call);
        return isFirst || !isLost ? entries : [];
      },
    }),
  });
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.cut(w0);
  const { extra } = await w0.saw("conversation-reconciled");
  expect(extra).toBe(1);
  copy.resolve();
  await executed.promise;
  isLost = false;
  await stage.give("c1", "m2");
  await stage.rest();
  expect(stage.chat.shown).toEqual({ s1: ["m1", "m2"] });
});

for (const isExecuted of [false, true]) {
  test(`I7: a session whose handle could not be stored (${isExecuted ? "or was, unheard" : "at all"}) is ended when Redis is back`, async () => {
    const tried = Promise.withResolvers<void>();
    let isLost = true;
    const w0 = await stage.hire("w0", {
      partitions: (real) => ({
        open: async (...call) => {
          if (!isLost) return real.open(...call);
          if (isExecuted) await real.open(...call);
          tried.resolve();
          throw unanswered();
        },
      }),
    });
    await stage.give("c1", "m1");
    await tried.promise;
    await stage.cut(w0);
    await w0.saw("redis-reset");
    isLost = false;
    await stage.shows({ s1: [], s2: ["m1"] });
    await stage.rest();
    expect(stage.chat.rooms.map(({ isOpen }) => isOpen)).toEqual([false, true]);
  });
}
