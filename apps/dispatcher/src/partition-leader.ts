import type { MemberId } from "@dms/protocol";
import { unplaced } from "@dms/protocol";
import {
  judge,
  type Leadership,
  type MemberView,
  type PartitionMember,
  type PartitionView,
  roomOf,
  shareOfRoom,
  type Survey,
} from "@dms/rules";
import type { DispatcherOptions } from "./ports.ts";
import type { Leaver, Rehoming } from "./rehoming.ts";

/** The registry as one look sees it. */
export interface SeenRegistry {
  survey: Survey;
  /** Its members with their leases by both clocks: what takes a member out goes by these, what lets one in by the survey. */
  leases: ReadonlyMap<MemberId, MemberView>;
}

/**
 * Does a leader's work on one partition it leads: lets workers in, takes all dead ones out, and then moves what they held and
 * what found no worker. Every look starts from what Redis says, so another leader may go on at any step. (I14)
 */
export async function lookAfter(
  options: DispatcherOptions,
  leadership: Leadership,
  { survey, leases, rehoming }: SeenRegistry & { rehoming: Rehoming },
): Promise<PartitionView> {
  const startedAt = options.clock.monotonic();
  const view = await options.partitions.inspect(leadership.partition);
  const known = new Map(view.members.map((member) => [member.member, member]));
  const workers = survey.members.filter(({ role, leaseLeftMs }) => role === "worker" && leaseLeftMs > 0);
  for (const worker of workers) {
    if ((await admit(options, leadership, { worker, known })) === "unheld") return view;
  }
  // First all of them: whoever is not evicted yet still gets new conversations while others' are moved. (I10)
  const leavers: Leaver[] = [];
  for (const member of view.members) {
    if (member.member === unplaced) continue;
    const removed = await removeIfDead(options, leadership, { member, registry: { survey, leases } });
    if (removed === "unheld") return view;
    if (removed !== null) leavers.push(removed);
  }
  const hasUnplaced = view.unplacedConversations > 0 || (known.get(unplaced)?.entries ?? 0) > 0;
  if (hasUnplaced) leavers.push({ member: unplaced, cause: "placeable", forget: false });
  await rehoming.look(leadership, leavers, { startedAt, room: shareOfRoom(survey.members, options.partitionCount) });
  return view;
}

/** Lets a worker in, or changes its state here; `unheld` when the lease of this partition is not ours any more: the look ends. */
async function admit(
  { partitions, emit }: DispatcherOptions,
  leadership: Leadership,
  { worker, known }: { worker: MemberView; known: Map<MemberId, PartitionMember> },
): Promise<"held" | "unheld"> {
  const state = worker.state === "draining" ? "draining" : roomOf(worker) === 0 ? "full" : "active";
  const before = known.get(worker.member)?.state;
  if (before === state || before === "evicted") return "held";
  const reply = await partitions.admit(leadership, worker.member, state);
  if (reply.status === "unheld") return "unheld";
  if (reply.status === "admitted") {
    emit({ type: "member-admitted", partition: leadership.partition, member: worker.member, state });
  }
  return "held";
}

/** Evicts a member that is dead; answers what is to be rehomed of it, null for nothing; `unheld` as `admit` does. */
async function removeIfDead(
  options: DispatcherOptions,
  leadership: Leadership,
  { member, registry }: { member: PartitionMember; registry: SeenRegistry },
): Promise<Leaver | "unheld" | null> {
  const { survey, leases } = registry;
  const worker = leases.get(member.member);
  const sentence = judge(worker, options.death);
  if (sentence === null) return null;
  if (member.state !== "evicted") {
    if (survey.barrierMs > 0) return null;
    const evicted = await options.partitions.evict(leadership, member.member, sentence);
    if (evicted.status !== "evicted") return evicted.status === "unheld" ? "unheld" : null;
    options.emit({
      type: "member-evicted",
      partition: leadership.partition,
      member: member.member,
      cause: sentence.cause,
      sinceLeaseEndMs: -(worker?.leaseLeftMs ?? 0),
    });
  }
  const isGone = worker === undefined;
  const hasLeft = member.state !== "evicted" || member.owned > 0 || member.entries > 0;
  if (!hasLeft && !isGone) return null;
  const sinceEndMs = worker === undefined ? null : -worker.leaseLeftMs;
  return { member: member.member, cause: sentence.cause, forget: isGone, sinceEndMs };
}
