import type { MemberId } from "@dms/protocol";
import type { ClusterEvent } from "@dms/rules";
import { expect, test } from "vitest";
import { LeaseFault } from "./lease-fault.ts";

const failed = (doing: string, detail: string): ClusterEvent => ({
  type: "redis-failed",
  doing,
  code: "DMS_REDIS_UNAVAILABLE",
  detail,
});
const member = "w.1" as MemberId;
const noLease = "no lease: not a member of the cluster now";

test("lease fault: the last join or beat that failed, and no other call to Redis", () => {
  const fault = new LeaseFault();
  const passed: ClusterEvent[] = [];
  const emit = fault.heard((event) => passed.push(event));
  expect(fault.reasons).toEqual([noLease]);
  const events = [failed("beat", "gone"), failed("join", "refused"), failed("settle", "busy")];
  for (const event of events) emit(event);
  expect(fault.reasons).toEqual([noLease, "refused"]);
  expect(passed).toEqual(events);
});

test.each<ClusterEvent>([
  { type: "member-joined", member, role: "worker" },
  { type: "lease-renewed", member, lateMs: 0 },
])("lease fault: nothing older than the last success ($type)", (success) => {
  const fault = new LeaseFault();
  const emit = fault.heard(() => undefined);
  emit(failed("join", "refused"));
  emit(success);
  expect(fault.reasons).toEqual([noLease]);
});
