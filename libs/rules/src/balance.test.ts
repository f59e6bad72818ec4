import fc from "fast-check";
import { expect, test } from "vitest";
import { type Load, planShedding, preferredHolder } from "./balance.ts";

const candidates = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 8 });

test("preferredHolder: all agree whatever the order, and who goes takes nothing but its own share", () => {
  expect(preferredHolder("partition 1", [])).toBeNull();
  fc.assert(
    fc.property(candidates, fc.nat(100), fc.nat(), (all, partition, i) => {
      const thing = `partition ${partition}`;
      const holder = preferredHolder(thing, all);
      expect(preferredHolder(thing, all.toReversed())).toBe(holder);
      const gone = all[i % all.length];
      const left = all.filter((each) => each !== gone);
      expect(gone === holder || preferredHolder(thing, left) === holder).toBe(true);
    }),
  );
});

type Loads = Load<string>[];
const loadsOf = (...all: [sessions: number, capacity: number][]): Loads =>
  all.map(([sessions, capacity], i) => ({ member: `w${i}`, sessions, capacity }));
const sum = (all: readonly number[]): number => all.reduce((total, each) => total + each, 0);

const anyCapacity = fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.nat(1000) });
const anyLoads = fc.array(fc.tuple(fc.nat(1000), anyCapacity), { maxLength: 8 }).map((all) => loadsOf(...all));

/** What each should have, and how far off it may be; found by halving, unlike in the rule. */
function aims(loads: Loads): { target: number; tolerated: number }[] {
  const most = loads.map(({ capacity }) => (capacity === 0 ? Number.POSITIVE_INFINITY : capacity));
  const all = sum(loads.map(({ sessions }) => sessions));
  let [low, high] = [0, all];
  for (let i = 0; i < 100; i++) {
    const level = (low + high) / 2;
    if (sum(most.map((each) => Math.min(each, level))) < all) low = level;
    else high = level;
  }
  return most.map((each) => {
    const target = Math.min(each, high);
    return { target, tolerated: Math.max(2, target / 10) };
  });
}

/** The loads once everybody has handed off what it is asked, each conversation to whoever has the most room. */
function applied(loads: Loads): Loads {
  const ordered = new Map(planShedding(loads).map(({ member, conversations }) => [member, conversations]));
  const after = loads.map((load) => ({ ...load, sessions: load.sessions - (ordered.get(load.member) ?? 0) }));
  const rooms = aims(loads).map(({ target }, i) => Math.ceil(target - 1e-6) - (after[i]?.sessions ?? 0));
  for (let left = sum([...ordered.values()]); left > 0; left--) {
    const i = rooms.indexOf(Math.max(...rooms));
    const to = after[i];
    if (to === undefined) throw new Error("orders without workers");
    to.sessions++;
    rooms[i] = (rooms[i] ?? 0) - 1;
  }
  return after;
}

test.for<[string, Loads, [member: string, conversations: number][]]>([
  ["one worker is never asked", loadsOf([9, 0]), []],
  ["even loads are left alone", loadsOf([11, 0], [9, 0]), []],
  ["the fuller one goes to the mean", loadsOf([100, 0], [0, 0]), [["w0", 50]]],
  ["a small full one is not what the large ones are measured by", loadsOf([1000, 1000], [20000, 0], [20000, 0]), []],
  ["nor when it has a place again", loadsOf([999, 1000], [20000, 50000], [20000, 50000]), []],
  ["the large ones share what the small one cannot take", loadsOf([1000, 1000], [20000, 0], [0, 0]), [["w1", 10000]]],
  ["who is over its own most hands off to who has room", loadsOf([1500, 1000], [20000, 0]), [["w0", 500]]],
  ["with no room anywhere nobody is asked", loadsOf([1500, 1000], [500, 500]), []],
  ["with too little room no more than that is asked", loadsOf([1500, 1000], [900, 500], [300, 500]), [["w0", 200]]],
])("planShedding: %s (I9)", ([, loads, orders]) => {
  expect(planShedding(loads)).toEqual(orders.map(([member, conversations]) => ({ member, conversations })));
});

test("planShedding: nobody is asked while all are near what they should have, and else no more than others have room for (I9)", () => {
  fc.assert(
    fc.property(anyLoads, (loads) => {
      const aimed = aims(loads);
      const above = loads.map(({ sessions }, i) => sessions - (aimed[i]?.target ?? 0));
      const orders = planShedding(loads);
      const isNear = above.every((each, i) => Math.abs(each) <= (aimed[i]?.tolerated ?? 0) - 1e-6);
      expect(isNear && orders.length > 0).toBe(false);
      for (const { member, conversations } of orders) {
        expect(conversations).toBeGreaterThan(0);
        expect(conversations).toBeLessThanOrEqual((above[Number(member.slice(1))] ?? 0) + 1e-6);
      }
      const room = sum(above.map((each) => Math.max(0, -each)));
      expect(sum(orders.map(({ conversations }) => conversations))).toBeLessThanOrEqual(room + 1e-6);
    }),
  );
});

test("planShedding: once done it is done: all have what they should, and a second plan asks nobody (I9)", () => {
  fc.assert(
    fc.property(anyLoads, (loads) => {
      const after = applied(loads);
      expect(planShedding(after)).toEqual([]);
      const aimed = aims(loads);
      const isReachable = sum(aimed.map(({ target }) => target)) >= sum(loads.map(({ sessions }) => sessions)) - 1e-6;
      if (!isReachable) return;
      for (const [i, { target, tolerated }] of aimed.entries()) {
        // Who is asked goes to a whole number, so each may keep less than one that another one lacks.
        const rounding = loads.length;
        expect(Math.abs((after[i]?.sessions ?? 0) - target)).toBeLessThanOrEqual(Math.max(tolerated, rounding) + 1e-6);
      }
    }),
  );
});

/** Before workers had sizes. */
function planByMean(loads: Loads): { member: string; conversations: number }[] {
  const mean = sum(loads.map(({ sessions }) => sessions)) / loads.length;
  const isUneven = loads.some(({ sessions }) => Math.abs(sessions - mean) > Math.max(2, mean / 10));
  if (loads.length < 2 || !isUneven) return [];
  return loads
    .map(({ member, sessions }) => ({ member, conversations: sessions - Math.ceil(mean) }))
    .filter(({ conversations }) => conversations > 0);
}

test("planShedding: of workers that are alike, or have no limit, all go to the mean (I9)", () => {
  fc.assert(
    fc.property(anyLoads, fc.nat(1000), (loads, spare) => {
      const mean = sum(loads.map(({ sessions }) => sessions)) / Math.max(1, loads.length);
      for (const capacity of [0, Math.ceil(mean) + spare]) {
        const alike = loads.map((load) => ({ ...load, capacity }));
        expect(planShedding(alike)).toEqual(planByMean(alike));
      }
    }),
  );
});
