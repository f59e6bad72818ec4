import type { MemberId } from "@dms/protocol";
import type { ClusterEvent, Partitions, PartitionView, Registry } from "@dms/rules";
import { DmsError, systemRandom } from "@dms/runtime";
import { expect, test, vi } from "vitest";
import { handClock } from "../../../libs/runtime/src/testing/hand-clock.ts";
import { Dispatcher } from "./dispatcher.ts";
import { ScriptedLog } from "./testing/scripted-log.ts";
import { RehomePace } from "./rehome-pace.ts";

const view: PartitionView = {
  backlog: 0,
  deadLetters: 0,
  unplacedConversations: 0,
  counts: { accepted: 0, settled: 0, redriven: 0, dead: {} },
  members: [],
};

const down = async (): Promise<never> => {
  throw new DmsError("DMS_REDIS_UNAVAILABLE", "the node is down", { retryable: true });
};

/** A dispatcher that is alone and fetches; of its two partitions the node of one is down. */
async function dispatching(): Promise<{ saw: ClusterEvent[]; stop: () => Promise<void>; look: () => Promise<void> }> {
  const clock = handClock();
  const saw: ClusterEvent[] = [];
  let self = "" as MemberId;
  const registry = {
    join: async ({ member }: { member: MemberId }) => {
      self = member;
      return { status: "joined" };
    },
    beat: async () => ({ status: "renewed", order: null }),
    leave: async () => undefined,
    survey: async () => ({
      barrierMs: 0,
      members: [{ member: self, role: "dispatcher", state: "active", leaseLeftMs: 1000 }],
    }),
    leadFetch: async () => ({ status: "held", token: "1.a", barrierMs: 0 }),
    releaseFetch: async () => undefined,
  } as unknown as Registry;
  const partitions = {
    inspect: (partition: number) => (partition === 1 ? down() : Promise.resolve(view)),
    lead: (partition: number) =>
      partition === 1 ? down() : Promise.resolve({ status: "held", token: "1.a", barrierMs: 0 }),
    release: async () => undefined,
  } as unknown as Partitions;
  const log = new ScriptedLog();
  log.isPrompt = false;
  const dispatcher = new Dispatcher({
    registry,
    partitions,
    channels: [{ name: "w", hub: log.hub, fetchLimit: 1, fetchWaitMs: 1 }],
    clock,
    random: systemRandom,
    emit: (event) => saw.push(event),
    partitionCount: 2,
    card: { name: "d0", address: "", version: "", instance: "" },
    heartbeatMs: 500,
    leaseMs: 3000,
    marginMs: 100,
    leaderCheckMs: 250,
    rehomePace: new RehomePace(1),
    backlog: { high: 10, low: 1 },
    retry: { baseMs: 1, maxMs: 1 },
    death: { effectMs: 1, provedGraceMs: 1 },
  });
  await dispatcher.start();
  const look = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(250);
  };
  const stop = async (): Promise<void> => {
    const stopped = dispatcher.stop();
    log.finish();
    await stopped;
  };
  return { saw, stop, look };
}

test("a partition whose node is down keeps nobody from looking after the others", async () => {
  const { saw, stop, look } = await dispatching();
  await vi.waitFor(async () => {
    await look();
    expect(saw.filter(({ type }) => type === "fetcher-gained")).toHaveLength(1);
  });
  const before = saw.length;
  await vi.waitFor(async () => {
    await look();
    expect(saw.slice(before).filter(({ type }) => type === "redis-failed").length).toBeGreaterThan(2);
  });
  const seen = saw.slice(before).flatMap((event) => (event.type === "partition-seen" ? [event.partition] : []));
  expect(new Set(seen)).toEqual(new Set([0]));
  await stop();
});
