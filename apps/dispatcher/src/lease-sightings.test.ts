import type { MemberId } from "@dms/protocol";
import { judge, type MemberView } from "@dms/rules";
import fc from "fast-check";
import { expect, test } from "vitest";
import { LeaseSightings } from "./lease-sightings.ts";

const member = "w1.x" as MemberId;
const leaseMs = 3000;
const death = { effectMs: 2000, provedGraceMs: 400 };

const view = (leaseLeftMs: number, state = "active"): MemberView =>
  ({ member, leaseLeftMs, role: "worker", state, cause: "", sessions: 0, capacity: 0, pending: 0 }) as MemberView;
const at = (askedAt: number, tookMs = 0) => ({ askedAt, answeredAt: askedAt + tookMs });

type Seen = [members: MemberView[], times: { askedAt: number; answeredAt: number }];

/** The member as it is judged by, after surveys at the given times. */
function seen(...surveys: Seen[]) {
  const sightings = new LeaseSightings(leaseMs);
  return surveys.map(([members, times]) => sightings.byBothClocks(members, times).get(member)).at(-1);
}

test("Redis's clock steps forward: who was seen running gets a whole lease from then, once, and the wait begins after it", () => {
  const running: Seen = [[view(2800)], at(1000)];
  const stepped: Seen = [[view(-3200)], at(1250)];
  expect(seen(running, stepped)?.leaseLeftMs).toBe(leaseMs);
  expect(judge(seen(running, stepped), death)).toBeNull();
  expect(seen(running, stepped, [[view(-3450)], at(1500)])?.leaseLeftMs).toBe(2750);
  const ended = seen(running, stepped, [[view(-6300)], at(4350)]);
  expect(judge(ended, death)).toEqual({ cause: "expired", waitMs: 1900 });
});

test("Redis's clock steps by more than its retention: who is forgotten though the lease runs is alive until one is over", () => {
  const forgotten = seen([[view(2800)], at(1000)], [[], at(1250)]);
  expect(judge(forgotten, death)).toBeNull();
  const ended = seen([[view(2800)], at(1000)], [[], at(1250)], [[], at(4250)]);
  expect(judge(ended, death)).toEqual({ cause: "forgotten", waitMs: 2000 });
});

test("what Redis's clock gains while it is corrected is no step, and delays no death", () => {
  expect(seen([[view(2800)], at(1000)], [[view(-10)], at(3790)])?.leaseLeftMs).toBe(10);
});

test.for(["left", "dead"])("a proved end is one by any clock: %s", (state) => {
  expect(seen([[view(2800)], at(1000)], [[view(-10, state)], at(1250)])?.leaseLeftMs).toBe(-10);
});

test("a member that was never seen running is judged as surveyed", () => {
  expect(seen([[view(-10)], at(1250)])?.leaseLeftMs).toBe(-10);
});

test("a later survey never shortens what an earlier one promised, and a beat lengthens it", () => {
  expect(seen([[view(2800)], at(1000)], [[view(1800)], at(1250)], [[view(-1)], at(3799)])?.leaseLeftMs).toBe(1);
  expect(seen([[view(2800)], at(1000)], [[view(2900)], at(1250)], [[view(-1)], at(4125)])?.leaseLeftMs).toBe(25);
});

test("while both clocks run alike Redis's decides alone, however slow the surveys are", () => {
  const slow = fc.record({ pauseMs: fc.nat(1000), thereMs: fc.nat(3000), backMs: fc.nat(3000) });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9000 }),
      fc.array(slow, { minLength: 1, maxLength: 12 }),
      (endsAt, surveys) => {
        const sightings = new LeaseSightings(leaseMs);
        let now = 0;
        for (const { pauseMs, thereMs, backMs } of surveys) {
          const askedAt = now + pauseMs;
          const leaseLeftMs = endsAt - (askedAt + thereMs);
          now = askedAt + thereMs + backMs;
          const judged = sightings.byBothClocks([view(leaseLeftMs)], { askedAt, answeredAt: now });
          expect(leaseLeftMs > 0 || judged.get(member)?.leaseLeftMs === leaseLeftMs).toBe(true);
        }
      },
    ),
  );
});
