import type { ClusterEvent, LeaseReply, MemberCard, MemberLoad, Order, Registry } from "@dms/rules";
import { expect, test } from "vitest";
import { DmsError } from "./errors.ts";
import { type Lease, Membership } from "./membership.ts";
import { handClock } from "./testing/hand-clock.ts";

const leaseMs = 3000;
const marginMs = 100;
const heartbeatMs = 500;

type BeatReply = Awaited<ReturnType<Registry["beat"]>>;
type Beat = { at: number; load: MemberLoad; answer: (reply: BeatReply) => void; fail: (caught: Error) => void };

const unavailable = new DmsError("DMS_REDIS_REFUSED", "no right to", { retryable: true });

const turns = async (): Promise<void> => {
  for (let i = 0; i < 30; i++) await Promise.resolve();
};

/** A member whose beats are answered by hand; joins are answered at once unless a reply is held. */
function joining() {
  const clock = handClock();
  const events: ClusterEvent[] = [];
  const leases: Lease[] = [];
  const orders: Order[] = [];
  const beats: Beat[] = [];
  const seen = { joins: [] as MemberCard[], left: [] as string[] };
  const replies = { join: async (): Promise<{ status: "joined" } | { status: "evicted" }> => ({ status: "joined" }) };
  const registry: Registry = {
    join: (card) => {
      seen.joins.push(card);
      return replies.join();
    },
    beat: (_member, load) =>
      new Promise((resolve, reject) => beats.push({ at: clock.monotonic(), load, answer: resolve, fail: reject })),
    leave: async (member, state, cause) => {
      seen.left.push(`${member} ${state} ${cause}`);
      return { status: "ended" };
    },
    agree: async () => ({ status: "agreed" }),
    order: async () => ({ status: "unknown" }),
    survey: async () => ({ barrierMs: 0, members: [] }),
    leadFetch: async (): Promise<LeaseReply> => ({ status: "held", token: "1", barrierMs: 0 }),
    releaseFetch: async () => undefined,
  };
  let token = 0;
  const membership = new Membership({
    registry,
    clock,
    random: { token: () => `t${++token}`, fraction: () => 0 },
    card: { role: "worker", name: "w", address: "", version: "", instance: "", capacity: 0 },
    heartbeatMs,
    leaseMs,
    marginMs,
    loadNow: () => ({ state: "active", sessions: 1, pending: 2 }),
    emit: (event) => events.push(event),
    onJoined: (lease) => leases.push(lease),
    onOrder: (order) => orders.push(order),
  });
  const advance = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await turns();
  };
  const types = (): string[] => events.map(({ type }) => type).filter((type) => type !== "lease-renewed");
  return { clock, membership, events, types, leases, orders, beats, seen, replies, advance };
}

async function leased() {
  const member = joining();
  await member.membership.start();
  await turns();
  return member;
}

const renewed = (order: Order | null = null): BeatReply => ({ status: "renewed", order });

test("joins under a name of its own, beats at once, then every heartbeat, each time with its load", async () => {
  const { membership, beats, seen, advance } = await leased();
  expect(membership.member).toBe("w.t1");
  expect(seen.joins).toHaveLength(1);
  for (const beat of [0, 1, 2]) {
    beats[beat]?.answer(renewed());
    await turns();
    await advance(heartbeatMs);
  }
  expect(beats.map(({ at }) => at)).toEqual([0, 500, 1000, 1500]);
  expect(beats[0]?.load).toEqual({ state: "active", sessions: 1, pending: 2 });
});

test("trust counts from when a beat was sent, not from when it was answered (I4)", async () => {
  const { leases, beats, clock, advance } = await leased();
  await advance(1000);
  beats[0]?.answer(renewed());
  await turns();
  // Sent at 0: trusted until 2900.
  expect(leases[0]?.mayStart(1900)).toBe(true);
  expect(leases[0]?.mayStart(1901)).toBe(false);
  expect(clock.monotonic()).toBe(1000);
});

test("a beat that hangs does not hide the lease's end: everything ends, and another member joins", async () => {
  const { membership, leases, types, advance } = await leased();
  await advance(leaseMs - marginMs - 1);
  expect([membership.hasLease, leases[0]?.ended.aborted]).toEqual([true, false]);
  await advance(1);
  expect(leases[0]?.ended.aborted).toBe(true);
  expect(types()).toEqual(["member-joined", "lease-lost", "member-joined"]);
  expect(membership.member).toBe("w.t2");
});

test("an answer that comes after the lease's end renews nothing, though Redis was asked in time (I4)", async () => {
  const { leases, beats, clock, types } = await leased();
  clock.stall(leaseMs);
  beats[0]?.answer(renewed());
  await turns();
  expect(leases[0]?.mayStart(0)).toBe(false);
  expect(leases[0]?.ended.aborted).toBe(true);
  expect(types()).toEqual(["member-joined", "lease-lost", "member-joined"]);
});

test("a loop that stalled past the lease has lost it before anything else happens (I4)", async () => {
  const { membership, leases, beats, clock, advance } = await leased();
  beats[0]?.answer(renewed());
  await turns();
  clock.stall(leaseMs);
  expect([membership.hasLease, membership.member, leases[0]?.mayStart(0)]).toEqual([false, null, false]);
  await advance(0);
  expect(leases[0]?.ended.aborted).toBe(true);
});

test("who is told that it was evicted drops everything and comes back as another member (A10)", async () => {
  const { leases, beats, events } = await leased();
  beats[0]?.answer({ status: "evicted" });
  await turns();
  expect(leases[0]?.ended.aborted).toBe(true);
  expect(events).toContainEqual({ type: "lease-lost", member: "w.t1", cause: "evicted" });
  expect(leases[1]?.member).toBe("w.t2");
  expect(leases[1]?.mayStart(1000)).toBe(true);
});

test("a beat that fails is tried again soon, and the lease goes on when one is answered", async () => {
  const { beats, leases, events, types, advance } = await leased();
  beats[0]?.fail(unavailable);
  await turns();
  await advance(100);
  expect(beats.map(({ at }) => at)).toEqual([0, 100]);
  beats[1]?.answer(renewed());
  await turns();
  expect(leases[0]?.mayStart(leaseMs - marginMs)).toBe(true);
  expect(types()).toEqual(["member-joined", "redis-failed"]);
  expect(events).toContainEqual({
    type: "redis-failed",
    doing: "beat",
    code: "DMS_REDIS_REFUSED",
    detail: "no right to",
  });
});

test("a join that is answered when its lease is over already gives no right to act", async () => {
  const { membership, leases, clock, replies, advance } = joining();
  const joined = Promise.withResolvers<{ status: "joined" }>();
  const later = replies.join;
  replies.join = () => joined.promise;
  await membership.start();
  clock.stall(leaseMs);
  replies.join = later;
  joined.resolve({ status: "joined" });
  await turns();
  await advance(0);
  expect([leases[0]?.mayStart(0), leases[0]?.ended.aborted]).toEqual([false, true]);
  expect(membership.member).toBe("w.t2");
});

test("a join that fails, or whose name is taken, is tried again", async () => {
  const { membership, seen, replies, advance } = joining();
  const answers = [async () => Promise.reject(unavailable), async () => ({ status: "evicted" as const })];
  const last = replies.join;
  replies.join = () => (answers.shift() ?? last)();
  await membership.start();
  await turns();
  await advance(100);
  expect(seen.joins.map(({ member }) => member)).toEqual(["w.t1", "w.t1", "w.t2"]);
  expect(membership.member).toBe("w.t2");
});

test("orders are passed on, and a hurried beat does not wait for its turn", async () => {
  const { membership, beats, orders } = await leased();
  beats[0]?.answer(renewed({ kind: "drain" }));
  await turns();
  expect(orders).toEqual([{ kind: "drain" }]);
  membership.hurry();
  await turns();
  expect(beats.map(({ at }) => at)).toEqual([0, 0]);
});

test("stopping ends the lease and leaves; it is safe before a start, and twice", async () => {
  const never = joining();
  await never.membership.stop();
  expect(never.seen.left).toEqual([]);
  const { membership, leases, beats, seen } = await leased();
  beats[0]?.answer(renewed());
  await turns();
  await Promise.all([membership.stop(), membership.stop()]);
  expect(leases[0]?.ended.aborted).toBe(true);
  expect(seen.left).toEqual(["w.t1 left stopped"]);
  expect(membership.member).toBeNull();
});

test("a beat that hangs holds a stop up no longer than the lease lasts", async () => {
  const { membership, leases, advance } = await leased();
  let isStopped = false;
  void membership.stop().then(() => (isStopped = true));
  await advance(leaseMs - marginMs - 1);
  expect(isStopped).toBe(false);
  await advance(1);
  expect([isStopped, leases[0]?.ended.aborted, leases.length]).toEqual([true, true, 1]);
});
