import type { MemberId } from "@dms/protocol";
import type { Leadership, MemberView, Partitions } from "@dms/rules";
import { DmsError } from "@dms/runtime";
import { expect, test } from "vitest";
import { lookAfter, type SeenRegistry } from "./partition-leader.ts";
import type { DispatcherOptions } from "./ports.ts";
import { RehomePace } from "./rehome-pace.ts";

const dead = "w1.dead" as MemberId;
const leadership: Leadership = { partition: 0, holder: "d1.x" as MemberId, token: "1.n" };
const registry: SeenRegistry = { survey: { barrierMs: 0, members: [] }, leases: new Map() };
const leaseMs = 3000;

/** A partition whose dead member has so many conversations, on a server that takes so long for each of them. */
function options(owned: number, msEach: number, isAnswering: () => boolean = () => true) {
  let now = 0;
  let left = owned;
  const counts: number[] = [];
  const members = [{ member: dead, state: "evicted", owned, entries: 0 }];
  const rehome: Partitions["rehome"] = async (_, __, { count }) => {
    counts.push(count);
    if (!isAnswering()) throw new DmsError("DMS_REDIS_UNAVAILABLE", "no answer in time", { retryable: true });
    const conversations = Math.min(count, left);
    left -= conversations;
    now += conversations * msEach;
    return { status: "rehomed", conversations, entries: 0, conversationsLeft: left, entriesLeft: 0 };
  };
  const inspect = async () => ({ members, unplacedConversations: 0 });
  const admitted: MemberId[] = [];
  const admit: Partitions["admit"] = async (_, member) => {
    admitted.push(member);
    return { status: "admitted" };
  };
  const ports = { partitions: { rehome, inspect, admit }, clock: { monotonic: () => now }, emit: () => undefined };
  const bounds = { leaseMs, rehomePace: new RehomePace(500), death: { effectMs: 0, provedGraceMs: 0 } };
  return {
    counts,
    admitted,
    time: () => now,
    left: () => left,
    all: { ...ports, ...bounds } as unknown as DispatcherOptions,
  };
}

test("a look: on a quick server all of a dead member's conversations are moved in one", async () => {
  const quick = options(20_000, 0.01);
  await lookAfter(quick.all, leadership, registry);
  expect(quick.left()).toBe(0);
  expect(Math.max(...quick.counts)).toBe(500);
});

test("a look: on a slow server it ends in time to renew the lease, in calls that others need not wait for", async () => {
  const slow = options(20_000, 2);
  await lookAfter(slow.all, leadership, registry);
  expect(slow.time()).toBeLessThan(leaseMs / 2);
  expect(slow.left()).toBeGreaterThan(0);
  expect(slow.counts.at(-1)).toBe(25);
  await lookAfter(slow.all, leadership, registry);
  expect(slow.counts.at(-1)).toBe(25);
});

test("a look: after a call that was not answered the next one moves less", async () => {
  let answers = 3;
  const lossy = options(20_000, 0.1, () => answers-- > 0);
  await expect(lookAfter(lossy.all, leadership, registry)).rejects.toThrow("no answer");
  answers = Number.POSITIVE_INFINITY;
  const [before = 0] = lossy.counts.slice(-1);
  await lookAfter(lossy.all, leadership, registry);
  expect(lossy.counts[4]).toBe(Math.floor(before / 4));
});

test("a look: a worker whose lease is over by Redis's clock alone is neither let in nor taken out", async () => {
  const quick = options(1, 0);
  const over = { role: "worker", state: "active", leaseLeftMs: -3000 };
  const workers = [dead, "w2.unknown" as MemberId].map((member) => ({ ...over, member }) as MemberView);
  const survey = { barrierMs: 0, members: workers };
  const running = new Map(workers.map((worker) => [worker.member, { ...worker, leaseLeftMs: 1 }]));
  await lookAfter(quick.all, leadership, { survey, leases: running });
  expect([quick.left(), quick.admitted]).toEqual([1, []]);
  await lookAfter(quick.all, leadership, { survey, leases: new Map(workers.map((worker) => [worker.member, worker])) });
  expect([quick.left(), quick.admitted]).toEqual([0, []]);
});
