import type { MemberId } from "@dms/protocol";
import type { Leadership, MemberView, Partitions, Survey } from "@dms/rules";
import { DmsError } from "@dms/runtime";
import { expect, test } from "vitest";
import { lookAfter, type SeenRegistry } from "./partition-leader.ts";
import type { DispatcherOptions } from "./ports.ts";
import { RehomePace } from "./rehome-pace.ts";
import { Rehoming } from "./rehoming.ts";

const dead = "w1.dead" as MemberId;
const leadership: Leadership = { partition: 0, holder: "d1.x" as MemberId, token: "1.n" };
const leaseMs = 3000;

/** What the registry says of one worker that lives. */
function surveyOf(capacity: number, sessions = 0): Survey {
  const worker = { member: "w9.lives" as MemberId, role: "worker", state: "active", leaseLeftMs: 1000 };
  return { barrierMs: 0, members: [{ ...worker, cause: "", pending: 0, capacity, sessions } as MemberView] };
}

/** Its members, whose leases are by both clocks what they are by Redis's, unless a test says otherwise. */
function leasesOf({ members }: Survey, changes: Partial<MemberView> = {}): SeenRegistry["leases"] {
  return new Map(members.map((view) => [view.member, { ...view, ...changes }]));
}

/** A partition whose dead members have so many conversations each, on a server that takes so long for each of them. */
function options(
  owned: number,
  msEach: number,
  { isAnswering = () => true, names = [dead] }: { isAnswering?: () => boolean; names?: MemberId[] } = {},
) {
  let now = 0;
  const left = new Map(names.map((name) => [name, owned]));
  const counts: number[] = [];
  const evictedAt: number[] = [];
  const rehomed: MemberId[] = [];
  const lives = { member: "w9.lives" as MemberId, state: "active", owned: 0, entries: 0 };
  const states = new Map(names.map((name) => [name, name === dead ? "evicted" : "active"]));
  const rehome: Partitions["rehome"] = async (_, member, { count, room = count }) => {
    counts.push(count);
    if (!isAnswering()) throw new DmsError("DMS_REDIS_UNAVAILABLE", "no answer in time", { retryable: true });
    const before = left.get(member) ?? 0;
    const conversations = Math.min(count, room, before);
    now += conversations * msEach;
    const conversationsLeft = before - conversations;
    if (room === 0) return { status: "waiting", conversationsLeft, entriesLeft: 0, stragglers: 0, readOn: "" };
    left.set(member, conversationsLeft);
    rehomed.push(member);
    return { status: "rehomed", conversations, entries: 0, conversationsLeft, entriesLeft: 0 };
  };
  const evict: Partitions["evict"] = async (_, member) => {
    evictedAt.push(now);
    states.set(member, "evicted");
    return { status: "evicted" };
  };
  const inspect = async () => ({
    members: [
      ...names.map((member) => ({ member, state: states.get(member), owned: left.get(member), entries: 0 })),
      lives,
    ],
    unplacedConversations: 0,
  });
  const admitted: MemberId[] = [];
  const admit: Partitions["admit"] = async (_, member) => {
    admitted.push(member);
    return { status: "admitted" };
  };
  const ports = {
    partitions: { rehome, evict, inspect, admit },
    clock: { monotonic: () => now },
    emit: () => undefined,
  };
  const bounds = {
    leaseMs,
    rehomePace: new RehomePace(500),
    death: { effectMs: 0, provedGraceMs: 0 },
    partitionCount: 1,
  };
  const all = { ...ports, ...bounds } as unknown as DispatcherOptions;
  const rehoming = new Rehoming(all);
  const look = (survey = surveyOf(0), leases = leasesOf(survey)) =>
    lookAfter(all, leadership, { survey, leases, rehoming });
  const leftAt = (member = dead): number => left.get(member) ?? 0;
  return { counts, evictedAt, rehomed, admitted, look, time: () => now, left: leftAt };
}

test("a look: on a quick server all of a dead member's conversations are moved in one", async () => {
  const quick = options(20_000, 0.01);
  await quick.look();
  expect(quick.left()).toBe(0);
  expect(Math.max(...quick.counts)).toBe(500);
});

test("a look: on a slow server it ends in time to renew the lease, in calls that others need not wait for", async () => {
  const slow = options(20_000, 2);
  await slow.look();
  expect(slow.time()).toBeLessThan(leaseMs / 2);
  expect(slow.left()).toBeGreaterThan(0);
  expect(slow.counts.at(-1)).toBe(25);
  await slow.look();
  expect(slow.counts.at(-1)).toBe(25);
});

test("a look: after a call that was not answered the next one moves less", async () => {
  let answers = 3;
  const lossy = options(20_000, 0.1, { isAnswering: () => answers-- > 0 });
  await expect(lossy.look()).rejects.toThrow("no answer");
  answers = Number.POSITIVE_INFINITY;
  const [before = 0] = lossy.counts.slice(-1);
  await lossy.look();
  expect(lossy.counts[4]).toBe(Math.floor(before / 4));
});

test("a look: a worker whose lease is over by Redis's clock alone is neither let in nor taken out", async () => {
  const quick = options(1, 0);
  const over = { role: "worker", state: "active", leaseLeftMs: -3000, sessions: 0, capacity: 0 };
  const workers = [dead, "w2.unknown" as MemberId].map((member) => ({ ...over, member }) as MemberView);
  const alive = surveyOf(0).members;
  const survey: Survey = { barrierMs: 0, members: [...workers, ...alive] };
  await quick.look(survey, leasesOf(survey, { leaseLeftMs: 1 }));
  expect([quick.left(), quick.admitted]).toEqual([1, []]);
  await quick.look(survey);
  expect([quick.left(), quick.admitted]).toEqual([0, []]);
});

test("a look: all that are dead are evicted before the first has its conversations moved, and they share one look's time (I10)", async () => {
  const names = Array.from({ length: 8 }, (_, i) => `w${i}.gone` as MemberId);
  const many = options(100_000, 0.1, { names });
  await many.look();
  expect(many.evictedAt).toEqual(Array(8).fill(0));
  expect(many.time()).toBeLessThan(leaseMs / 2);
});

test("a look: the next one begins with another dead member, so that none waits until one with much has gone", async () => {
  const names = Array.from({ length: 3 }, (_, i) => `w${i}.gone` as MemberId);
  const many = options(100_000, 2, { names });
  for (let looks = 0; looks < 4; looks++) await many.look();
  expect(many.rehomed.filter((member, index) => member !== many.rehomed[index - 1])).toEqual([...names, names[0]]);
});

test("a look: no more conversations are moved than the workers still take", async () => {
  const full = options(20_000, 0.01);
  await full.look(surveyOf(1000, 300));
  expect(full.left()).toBe(20_000 - 700);
  await full.look(surveyOf(1000, 1000));
  expect(full.left()).toBe(20_000 - 700);
});

test("a look: the room is shared by all who wait for it", async () => {
  const names = [dead, "w2.gone" as MemberId];
  const full = options(600, 0.01, { names });
  await full.look(surveyOf(1000, 300));
  expect(names.map(full.left)).toEqual([0, 500]);
});
