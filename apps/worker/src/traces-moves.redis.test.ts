import { DmsError } from "@dms/runtime";
import { afterEach, expect, test, vi } from "vitest";
import { ReplyLane } from "./reply-lane.ts";
import { answerLost, held } from "./testing/call-script.ts";
import type { Actor } from "./testing/actor.ts";
import { useStage } from "./testing/stage.ts";

// Traces about conversations that move, end and come back; each runs again with its rule taken out.

afterEach(() => {
  vi.restoreAllMocks();
});

const stage = useStage();

const unanswered = (): DmsError => new DmsError("DMS_REDIS_UNAVAILABLE", "the answer was lost", { retryable: true });

async function closedWithoutAnswer(onGone?: (w0: Actor) => Promise<unknown>): Promise<Actor> {
  const isLeaseKept = onGone === undefined;
  let isLost = false;
  const w0: Actor = await stage.hire("w0", {
    partitions: (real) => ({
      close: async (...call) => {
        const reply = await real.close(...call);
        if (!isLost) {
          isLost = true;
          throw unanswered();
        }
        if (reply.status === "gone") await onGone?.(w0);
        return reply;
      },
    }),
  });
  await stage.give("c1", "m1");
  await stage.give("c2", "n1");
  await stage.shows({ s1: ["m1"], s2: ["n1"] });
  stage.chat.end("s1");
  await (isLeaseKept ? w0.saw("conversation-refused") : w0.saw("member-joined", 2));
  await stage.give("c2", "n2");
  await stage.shows({ s1: ["m1"], s2: ["n1", "n2"] });
  await stage.rest();
  return w0;
}

test("S11: a repeated close answers gone, which concerns that conversation alone", async () => {
  const w0 = await closedWithoutAnswer();
  expect(w0.all("conversation-refused")).toMatchObject([{ transition: "close", status: "gone" }]);
  expect(w0.all("member-joined")).toHaveLength(1);
  expect(w0.all("conversation-loaded")).toHaveLength(2);
});

test("S11 with an answer that costs the lease: every conversation of the worker moves", async () => {
  const { registry } = stage.stores;
  const w0 = await closedWithoutAnswer(async (actor) => {
    await registry.leave(actor.member, "dead", "stale");
    await actor.saw("lease-lost");
    await stage.evict(actor.member);
    await actor.saw("member-joined", 2);
    await stage.admit(actor);
    await stage.rehome(actor.all("member-joined")[0]?.member);
  });
  expect(w0.all("member-joined")).toHaveLength(2);
});

async function movedWithoutEntries(w1Sees: "all" | "messages"): Promise<string[]> {
  const w0 = await stage.hire("w0");
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.rest();
  const w1 = await stage.hire("w1", {
    inbox: (real) => ({
      read: async (...call) => {
        const entries = await real.read(...call);
        return entries.filter(({ kind }) => w1Sees === "all" || kind === "message");
      },
    }),
  });
  await stage.failOver(w0);
  stage.chat.say("s1", "r1");
  await stage.give("c2", "n1");
  await w1.saw("session-opened");
  stage.chat.say("s2", "r2");
  const awaited = w1Sees === "all" ? ["r1", "r2"] : ["r2"];
  await stage.eventually(() => expect(stage.hub.sent).toEqual(expect.arrayContaining(awaited)));
  return stage.hub.sent.toSorted();
}

test("S12: a conversation without entries is taken up by its new owner, and the agent is heard", async () => {
  expect(await movedWithoutEntries("all")).toEqual(["r1", "r2"]);
  expect(await stage.entries()).toEqual([]);
});

test("S12 without a takeover entry: nobody looks at the session", async () => {
  expect(await movedWithoutEntries("messages")).toEqual(["r2"]);
});

/** Whether the conversation moves while a reply of it is under way. */
async function shedWhileReplying(isWaitedFor: boolean): Promise<boolean> {
  const w0 = await stage.hire("w0");
  await stage.give("c1", "m1");
  await stage.give("c2", "n1");
  await stage.shows({ s1: ["m1"], s2: ["n1"] });
  const reply = held();
  stage.hub.script.next("send", reply.fate, "r1");
  stage.chat.say("s1", "r1");
  await reply.arrived;
  await stage.hire("w1");
  await stage.shed(w0, 2);
  await w0.saw("conversation-moved", isWaitedFor ? 1 : 2);
  await stage.give("c1", "m2", "m3");
  const isMoved = w0.all("conversation-moved").some(({ conversation }) => conversation === "whatsapp:c1");
  stage.chat.say("s1", "r2");
  reply.release(answerLost);
  await stage.sends("r1", "r2");
  await stage.shows({ s1: ["m1", "m2", "m3"], s2: ["n1"] });
  await stage.rest();
  await stage.eventually(async () => expect(await stage.record("c1")).toMatchObject({ answered: "2", done: "3" }));
  await w0.saw("conversation-moved", 2);
  return isMoved;
}

test("S13: a hand-off waits for the reply under way, and messages not yet shown follow it", async () => {
  expect(await shedWhileReplying(true)).toBe(false);
  expect(stage.hub.script.calls).toEqual(["send r1", "send r1", "send r2"]);
});

test("S13 without resting the replies: the conversation moves while a reply is under way", async () => {
  vi.spyOn(ReplyLane.prototype, "rest").mockResolvedValue();
  expect(await shedWhileReplying(false)).toBe(true);
});

/** What lies in inboxes after a settle was lost with Redis's tail, and what was shown. */
async function settleLost(isResetSeen: boolean): Promise<{ left: number; shown: Record<string, string[]> }> {
  const settling = Promise.withResolvers<void>();
  const w0 = await stage.hire("w0", {
    partitions: (real) => ({
      onReset: (listener) => (isResetSeen ? real.onReset(listener) : () => undefined),
      settle: async (...call) => {
        await settling.promise;
        return real.settle(...call);
      },
    }),
  });
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  const durable = await stage.snapshot();
  settling.resolve();
  await stage.rest();
  await stage.rollBack(durable);
  await stage.cut(w0);
  stage.giveAgainFrom(2);
  await stage.give("c2", "n1");
  await stage.eventually(() => expect(stage.chat.shown["s2"]).toEqual(["n1"]));
  if (isResetSeen) await stage.rest();
  await stage.eventually(async () =>
    expect((await stage.entries()).filter((entry) => entry.endsWith(":c2"))).toEqual([]),
  );
  return { left: (await stage.entries()).length, shown: stage.chat.shown };
}

test("D10: after a lost connection the inbox is read from its beginning, so that what came back is found", async () => {
  expect(await settleLost(true)).toEqual({ left: 0, shown: { s1: ["m1"], s2: ["n1"] } });
});

test("D10 with a cursor of the lost server: an entry that came back lies there for ever", async () => {
  expect(await settleLost(false)).toEqual({ left: 1, shown: { s1: ["m1"], s2: ["n1"] } });
});

async function closedAndBegunAgain(isLifeCompared: boolean): Promise<Record<string, string[]>> {
  const begun = Promise.withResolvers<void>();
  let isLost = false;
  await stage.hire("w0", {
    partitions: (real) => ({
      close: async (...call) => {
        if (isLost) await begun.promise;
        const reply = await real.close(...call);
        if (isLost) return reply;
        isLost = true;
        throw unanswered();
      },
      forward: async (partition, member, entryIds) => {
        if (isLifeCompared) return real.forward(partition, member, entryIds);
        for (const entryId of entryIds) await stage.redis.xdel(`dms:{stage:0}:inbox:${member}`, entryId);
        return entryIds.map(() => "deleted" as const);
      },
    }),
  });
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  stage.chat.end("s1");
  await stage.eventually(async () => expect(await stage.record("c1")).toEqual({}));
  await stage.give("c1", "m2");
  await stage.eventually(() => expect(stage.actors[0]?.worker.pending).toBe(1));
  begun.resolve();
  await stage.rest();
  return stage.chat.shown;
}

test("D12: a message of the next life is shown, though its number was settled in the life before", async () => {
  expect(await closedAndBegunAgain(true)).toEqual({ s1: ["m1"], s2: ["m2"] });
});

test("D12 with numbers compared before lives: the message of the next life is dropped as old", async () => {
  expect(await closedAndBegunAgain(false)).toEqual({ s1: ["m1"] });
});

test("a worker whose lease was ended drops what it does, comes back as another member, and the next owner goes on", async () => {
  const w0 = await stage.hire("w0");
  const post = held();
  stage.chat.script.next("send", post.fate, "m1");
  await stage.give("c1", "m1", "m2");
  await post.arrived;
  const former = w0.member;
  const w1 = await stage.hire("w1");
  await stage.stores.registry.leave(former, "dead", "test");
  await w0.saw("member-joined", 2);
  expect(w0.member).not.toBe(former);
  post.release();
  await stage.evict(former);
  await stage.rehome(former);
  await stage.shows({ s1: ["m1", "m2"] });
  await stage.rest();
  expect(w1.all("message-shown")).toHaveLength(2);
});
