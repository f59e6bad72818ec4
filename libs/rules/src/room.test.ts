import type { MemberId } from "@dms/protocol";
import { expect, test } from "vitest";
import type { MemberView } from "./ports/registry.ts";
import { roomOf, shareOfRoom } from "./room.ts";

function worker(capacity: number, sessions: number, rest: Partial<MemberView> = {}): MemberView {
  const member = "w1.a" as MemberId;
  return {
    member,
    leaseLeftMs: 1000,
    role: "worker",
    state: "active",
    cause: "",
    pending: 0,
    channels: null,
    capacity,
    sessions,
    ...rest,
  };
}

test("room: what a worker still takes, none where it holds more than that, and no end without a capacity", () => {
  expect([worker(10, 4), worker(10, 10), worker(10, 12), worker(0, 12)].map(roomOf)).toEqual([6, 0, 0, Infinity]);
});

test("room: the room of all workers is shared among the partitions, the rest of the division given to each", () => {
  expect(shareOfRoom([worker(10, 4), worker(10, 5)], 1)).toBe(11);
  expect(shareOfRoom([worker(10, 4), worker(10, 5)], 4)).toBe(3);
  expect(shareOfRoom([worker(10, 4), worker(0, 5)], 4)).toBe(Infinity);
  expect(shareOfRoom([worker(10, 10)], 4)).toBe(0);
});

test("room: who is dead, drains or is no worker has none", () => {
  const others = [{ leaseLeftMs: 0 }, { state: "draining" }, { role: "dispatcher" as const }];
  expect(
    shareOfRoom(
      others.map((rest) => worker(0, 0, rest)),
      1,
    ),
  ).toBe(0);
});
