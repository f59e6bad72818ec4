import type { ConversationId, MemberId } from "@dms/protocol";
import type { ClusterEvent, Hub } from "@dms/rules";
import { DmsError } from "@dms/runtime";
import { expect, test } from "vitest";
import { handClock } from "../../../libs/runtime/src/testing/hand-clock.ts";
import { Desk } from "./desk.ts";
import type { DeskContext } from "./ports.ts";

const turns = async (): Promise<void> => {
  for (let i = 0; i < 50; i++) await Promise.resolve();
};

/** A desk over two partitions with a conversation in each; the node of the first is down. */
function desk() {
  const clock = handClock();
  const ending = new AbortController();
  const asked: number[] = [];
  const events: ClusterEvent[] = [];
  const node = { isDown: true };
  const partitions = {
    onReset: () => () => undefined,
    owned: async (partition: number) => {
      asked.push(partition);
      if (partition === 0 && node.isDown) throw new DmsError("DMS_REDIS_UNAVAILABLE", "down", { retryable: true });
      return [`w:c${partition}` as ConversationId];
    },
    load: () => new Promise(() => undefined),
  };
  const context = {
    clock,
    partitions,
    partitionCount: 2,
    member: "w1.a" as MemberId,
    bounds: { retry: { baseMs: 10, maxMs: 100 } },
    lease: { ended: ending.signal },
    channels: new Map([["w", { name: "w", hub: {} as Hub, userData: {}, areReceiptsShown: true }]]),
    random: { fraction: () => 0 },
    tails: new Map(),
    quarantine: { leave: () => undefined },
    files: { quit: () => undefined },
    searches: { leave: () => undefined },
    idleLooks: { leave: () => undefined },
    emit: (event: ClusterEvent) => events.push(event),
  } as unknown as DeskContext;
  return { desk: new Desk(context), clock, ending, asked, node, events };
}

test("a partition whose node is down keeps nobody waiting that asks for what is owned, and is asked again until it answers", async () => {
  const { desk: held, clock, asked, node } = desk();
  let isDone = false;
  void held.revive().then(() => (isDone = true));
  await turns();
  expect(isDone).toBe(true);
  expect(held.sessions).toBe(1);
  await held.revive();
  await held.revive();
  asked.length = 0;
  clock.advance(1000);
  await turns();
  expect(asked).toEqual([0]);
  node.isDown = false;
  clock.advance(1000);
  await turns();
  expect(asked).toEqual([0, 0]);
  expect(held.sessions).toBe(2);
  expect(clock.pending()).toBe(0);
});

test("a desk whose lease is over asks for nothing any more", async () => {
  const { desk: held, clock, ending, asked } = desk();
  await Promise.race([held.revive(), turns()]);
  ending.abort();
  asked.length = 0;
  clock.advance(5000);
  await turns();
  expect(asked).toEqual([]);
});
