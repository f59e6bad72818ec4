import { conversationId } from "@dms/protocol";
import { makeKeys, recordFields } from "@dms/streams";
import { expect, test } from "vitest";
import { channel, inbound } from "./testing/cast.ts";
import { type Stage, useStage } from "./testing/stage.ts";

// A dead letter that an operator gives back, and a Redis that then loses its tail: everything since the last write that was
// made durable before an effect.

const stage = useStage();
const keys = makeKeys("stage");
const id = conversationId(channel, "c1");

/** Puts a message of c1 among the dead letters and answers its id there. */
async function buried(text: string): Promise<string> {
  const fields = { reason: "rejected", conversation: id, seq: 9, attempts: 3, detail: "400" };
  const payload = JSON.stringify(inbound(9, "c1", text));
  return String(await stage.redis.xadd(keys.dead(0), "*", ...Object.entries({ ...fields, payload }).flat()));
}

/** What the script would do if it left the conversation's grant as it is. */
async function redriveUnderTheOldGrant({ redis }: Stage, letter: string): Promise<void> {
  const { owner: o, grant: g, life: l, seq: s } = recordFields;
  const [owner = "", grant = "", life, last] = await redis.hmget(keys.conversation(0, id), o, g, l, s);
  const seq = Number(last) + 1;
  await redis.hset(keys.conversation(0, id), s, seq);
  const payload = JSON.stringify(inbound(9, "c1", "letter"));
  await redis.xadd(
    `${keys.partition(0)}inbox:${owner}`,
    "*",
    "h",
    `m ${seq} ${life ?? grant} ${grant} ${id}`,
    "p",
    payload,
  );
  await redis.xdel(keys.dead(0), letter);
}

/** Redrives a letter into an open session, loses the tail, and lets the hub give the next message. */
async function afterLostTail(redrive: (letter: string) => Promise<unknown>): Promise<void> {
  let durable = new Map<string, Buffer>();
  const w0 = await stage.hire("w0", {
    partitions: (real) => ({
      load: async (...call) => {
        const reply = await real.load(...call);
        durable = await stage.snapshot();
        return reply;
      },
    }),
  });
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.rest();
  const letter = await buried("letter");
  durable = await stage.snapshot();
  await redrive(letter);
  await stage.shows({ s1: ["m1", "letter"] });
  await stage.rest();
  await stage.rollBack(durable);
  await stage.cut(w0);
  await w0.saw("redis-reset");
  await stage.give("c1", "m2");
  await stage.rest();
}

test("A7: a redriven letter costs no message that follows, although Redis lost its tail right after it was shown", async () => {
  await afterLostTail((letter) => stage.stores.letters.redrive(0, [letter]));
  expect(stage.chat.shown).toEqual({ s1: ["m1", "letter", "m2"] });
  expect(await stage.deadLetters()).toEqual([]);
});

test("A7: without a new grant the redriven letter's post would count for the message that follows", async () => {
  await afterLostTail((letter) => redriveUnderTheOldGrant(stage, letter));
  expect(stage.chat.shown).toEqual({ s1: ["m1", "letter"] });
});
