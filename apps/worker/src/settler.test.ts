import type { ConversationId } from "@dms/protocol";
import type { Settlement } from "@dms/rules";
import { DmsError } from "@dms/runtime";
import { expect, test } from "vitest";
import { handClock } from "../../../libs/runtime/src/testing/hand-clock.ts";
import type { DeskContext } from "./ports.ts";
import { RecordLoader } from "./record-loader.ts";
import { Settler } from "./settler.ts";

type Reply = ("ok" | "stale" | "gone")[];

const turns = async (): Promise<void> => {
  for (let i = 0; i < 30; i++) await Promise.resolve();
};

const c1 = "w:c1" as ConversationId;
const c2 = "w:c2" as ConversationId;

function settlement(done: number, changes: Partial<Settlement> = {}): Settlement {
  const session = { chatId: "s1", shown: done };
  return { conversation: c1, grant: "1.a", done, session, entryIds: [`1-${done}`], ...changes };
}

function settling() {
  const clock = handClock();
  const ending = new AbortController();
  const calls: { batch: Settlement[]; answer: (reply: Reply | Error) => void }[] = [];
  const loads: { ids: string[]; answer: (records: unknown[]) => void }[] = [];
  const partitions = {
    settle: (_p: number, _m: string, batch: Settlement[]) =>
      new Promise<Reply>((resolve, reject) => {
        calls.push({ batch, answer: (reply) => (reply instanceof Error ? reject(reply) : resolve(reply)) });
      }),
    load: (_p: number, _m: string, ids: string[]) =>
      new Promise<unknown[]>((resolve) => loads.push({ ids, answer: resolve })),
  };
  const bounds = { settleLingerMs: 5, retry: { baseMs: 10, maxMs: 100 } };
  const context = {
    clock,
    partitions,
    bounds,
    member: "w",
    lease: { ended: ending.signal },
    random: { fraction: () => 0 },
    emit: () => undefined,
  } as unknown as DeskContext;
  const refused: string[] = [];
  const settler = new Settler(context, (_p, { conversation }, status) => refused.push(`${conversation} ${status}`));
  return { clock, ending, calls, loads, context, settler, refused };
}

const unavailable = new DmsError("DMS_REDIS_UNAVAILABLE", "down", { retryable: true });

test("what becomes ready in one moment goes in one call, and what comes meanwhile in the next one", async () => {
  const { settler, calls } = settling();
  settler.settle(0, settlement(1));
  settler.settle(0, settlement(1, { conversation: c2 }));
  await turns();
  settler.settle(0, settlement(2));
  settler.settle(0, settlement(3));
  await turns();
  expect(calls.map(({ batch }) => batch.length)).toEqual([2]);
  calls[0]?.answer(["ok", "ok"]);
  await turns();
  expect(calls).toHaveLength(1);
});

test("counts are absolute: the last of a conversation stand, and all its entries are named", async () => {
  const { settler, calls, clock } = settling();
  settler.settle(0, settlement(1));
  await turns();
  settler.settle(0, settlement(2));
  settler.settle(0, settlement(3));
  calls[0]?.answer(["ok"]);
  await turns();
  clock.advance(5);
  await turns();
  expect(calls[1]?.batch).toEqual([settlement(3, { entryIds: ["1-2", "1-3"] })]);
});

test("flush resolves when the conversation is settled, waiting or under way, and at once when nothing is", async () => {
  const { settler, calls } = settling();
  await settler.flush(0, c1);
  let isFlushed = false;
  settler.settle(0, settlement(1));
  void settler.flush(0, c1).then(() => (isFlushed = true));
  await turns();
  expect(isFlushed).toBe(false);
  calls[0]?.answer(["ok"]);
  await turns();
  expect(isFlushed).toBe(true);
});

test("an unanswered settle is tried again until the lease ends, and then no more", async () => {
  const { settler, calls, clock, ending } = settling();
  settler.settle(0, settlement(1));
  await turns();
  calls[0]?.answer(unavailable);
  await turns();
  clock.advance(100);
  await turns();
  expect(calls).toHaveLength(2);
  ending.abort();
  calls[1]?.answer(unavailable);
  await turns();
  clock.advance(10_000);
  await turns();
  expect(calls).toHaveLength(2);
  await settler.flush(0, c1);
});

test("after a reset neither what waits nor what was not answered is sent again (A11)", async () => {
  const { settler, calls, clock } = settling();
  settler.settle(0, settlement(1));
  await turns();
  settler.settle(0, settlement(2));
  settler.forget(0);
  calls[0]?.answer(unavailable);
  await turns();
  clock.advance(10_000);
  await turns();
  expect(calls).toHaveLength(1);
  await settler.flush(0, c1);
  settler.settle(0, settlement(3));
  await turns();
  expect(calls[1]?.batch).toEqual([settlement(3)]);
});

test("a refusal is told for the conversation that it concerns, and for no other (A13)", async () => {
  const { settler, calls, refused } = settling();
  settler.settle(0, settlement(1));
  settler.settle(0, settlement(1, { conversation: c2 }));
  await turns();
  calls[0]?.answer(["ok", "stale"]);
  await turns();
  expect(refused).toEqual(["w:c2 stale"]);
});

test("a call names no more than a thousand entries", async () => {
  const { settler, calls } = settling();
  for (let i = 0; i < 30; i++) {
    const entryIds = Array.from({ length: 100 }, (_, n) => `${i}-${n}`);
    settler.settle(0, settlement(1, { conversation: `w:${i}` as ConversationId, entryIds }));
  }
  await turns();
  calls[0]?.answer([]);
  await turns();
  const named = calls.map(({ batch }) => batch.reduce((sum, { entryIds }) => sum + entryIds.length, 0));
  expect(named[0]).toBe(1000);
  expect(Math.max(...named)).toBeLessThanOrEqual(1000);
});

test("records that are wanted in one moment are read with one call, each answered in its place", async () => {
  const { context, loads } = settling();
  const loader = new RecordLoader(context);
  const wanted = [loader.load(0, c1), loader.load(0, c2), loader.load(1, c1)];
  await turns();
  expect(loads.map(({ ids }) => ids)).toEqual([[c1, c2], [c1]]);
  loads[0]?.answer([{ status: "stale" }]);
  loads[1]?.answer([{ status: "gone" }]);
  expect(await Promise.all(wanted)).toEqual([{ status: "stale" }, { status: "gone" }, { status: "gone" }]);
});
