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

/** A dispatcher that is alone and fetches; of its two partitions the node of one is down, the other may answer as a test says. */
async function dispatching(
  answers: Partial<Partitions> = {},
): Promise<{ saw: ClusterEvent[]; stop: () => Promise<void>; look: () => Promise<void> }> {
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
  const ofZero = {
    inspect: async () => view,
    lead: async () => ({ status: "held", token: "1.a", barrierMs: 0 }),
    ...answers,
  } as unknown as Partitions;
  const partitions = {
    ...ofZero,
    inspect: (partition: number) => (partition === 1 ? down() : ofZero.inspect(partition)),
    lead: (partition: number, holder: MemberId, token: string | null) =>
      partition === 1 ? down() : ofZero.lead(partition, holder, token),
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

test("how far a dead member's inbox was searched is remembered while the partition is led, and no longer", async () => {
  const member = { member: "w1.dead" as MemberId, state: "evicted" as const, owned: 1, entries: 1, oldestAt: null };
  const leases = ["1.a", "1.a", "2.a", null, "3.a", "3.a"];
  const searched: (string | undefined)[] = [];
  const { stop, look } = await dispatching({
    inspect: async () => ({ ...view, members: [member] }),
    lead: async () => {
      const token = leases.shift();
      if (token === null) return { status: "other", holder: "d1.x" as MemberId };
      return { status: "held", token: token ?? "3.a", barrierMs: 0 };
    },
    rehome: async (_, __, { after }) => {
      searched.push(after);
      return { status: "waiting", conversationsLeft: 1, entriesLeft: 1, stragglers: 0, readOn: "" };
    },
  });
  await vi.waitFor(async () => {
    await look();
    expect(searched.length).toBeGreaterThan(4);
  });
  expect(searched.slice(0, 5)).toEqual(["-", "", "-", "-", ""]);
  await stop();
});
