import type { MemberView } from "./ports/registry.ts";

/** How many more conversations a worker takes, as its last beat says; without end where its capacity is 0. */
export function roomOf({ capacity, sessions }: Pick<MemberView, "capacity" | "sessions">): number {
  return capacity === 0 ? Number.POSITIVE_INFINITY : Math.max(0, capacity - sessions);
}

/**
 * How many conversations one partition's leader may move in a look: its share of the room at all workers that take any. A
 * worker is known to be full only by its next beat, and without a bound one look moved all that a dead worker had. A small
 * worker may still be overrun: conversations go by sessions, not by room, and the next look may come before the beat.
 */
export function shareOfRoom(members: readonly MemberView[], partitionCount: number): number {
  const room = members
    .filter(({ role, state, leaseLeftMs }) => role === "worker" && state === "active" && leaseLeftMs > 0)
    .reduce((sum, worker) => sum + roomOf(worker), 0);
  return Math.ceil(room / partitionCount);
}
