import { type DeedFact, emptyHistory, type History } from "@dms/testkit";
import { expect, test } from "vitest";
import { unprovoked } from "./unprovoked.ts";

function deed(kind: DeedFact["kind"]): DeedFact {
  return { kind, target: "worker", name: "worker-1", member: "worker-1.a", at: 1, endedAt: 2 };
}

function history(changes: Partial<History>): History {
  return { ...emptyHistory(), ...changes };
}

test("unprovoked: a lease that ran out is a fault where workers only came and went", () => {
  const evictions = [{ at: 3, partition: 0, member: "worker-1.a", cause: "expired" }];
  expect(unprovoked(history({ evictions, deeds: [deed("join"), deed("stop")] }))).toHaveLength(1);
  expect(unprovoked(history({ evictions, deeds: [deed("freeze")] }))).toEqual([]);
});

test("unprovoked: a reply that came twice is a fault where workers only came and went", () => {
  expect(unprovoked(history({ replays: 1, deeds: [deed("stop")] }))).toHaveLength(1);
  expect(unprovoked(history({ replays: 1, deeds: [deed("outage")] }))).toEqual([]);
});

test("unprovoked: a member that left is none", () => {
  const evictions = [{ at: 3, partition: 0, member: "worker-1.a", cause: "left" }];
  expect(unprovoked(history({ evictions, deeds: [deed("stop")] }))).toEqual([]);
});
