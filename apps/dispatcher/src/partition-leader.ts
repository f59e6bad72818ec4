import type { MemberId } from "@dms/protocol";
import { unplaced } from "@dms/protocol";
import {
  judge,
  type Leadership,
  type MemberView,
  type PartitionMember,
  type PartitionView,
  type Survey,
} from "@dms/rules";
import type { DispatcherOptions } from "./ports.ts";

/** Share of a lease that the rehomes of one look may take: the lease is renewed between two looks, however much there is to move. */
const rehomingShare = 1 / 4;
/** Rehomes of one look, whatever the clock says. */
const rehomesPerLookMax = 1000;

/** The registry as one look sees it. */
export interface SeenRegistry {
  survey: Survey;
  /** Its members with their leases by both clocks: what takes a member out goes by these, what lets one in by the survey. */
  leases: ReadonlyMap<MemberId, MemberView>;
}

/** What keeps an unheld partition from being acted on any further in this look. */
type Held = boolean;

/**
 * Does a leader's work on one partition it leads: lets workers in, takes dead ones out, moves what they held and what found
 * no worker. Keeps nothing: every look starts from what Redis says, so another leader may go on at any step. (I14)
 */
export async function lookAfter(
  options: DispatcherOptions,
  leadership: Leadership,
  registry: SeenRegistry,
): Promise<PartitionView> {
  const view = await options.partitions.inspect(leadership.partition);
  const known = new Map(view.members.map((member) => [member.member, member]));
  const workers = registry.survey.members.filter(({ role, leaseLeftMs }) => role === "worker" && leaseLeftMs > 0);
  for (const worker of workers) {
    if (!(await admit(options, leadership, { worker, known }))) return view;
  }
  for (const member of view.members) {
    if (member.member === unplaced) continue;
    if (!(await removeIfDead(options, leadership, { member, registry }))) return view;
  }
  const hasUnplaced = view.unplacedConversations > 0 || (known.get(unplaced)?.entries ?? 0) > 0;
  if (hasUnplaced) await rehomeAll(options, leadership, { member: unplaced, cause: "placeable", forget: false });
  return view;
}

async function admit(
  { partitions, emit }: DispatcherOptions,
  leadership: Leadership,
  { worker, known }: { worker: MemberView; known: Map<MemberId, PartitionMember> },
): Promise<Held> {
  const isFull = worker.capacity > 0 && worker.sessions >= worker.capacity;
  const state = worker.state === "draining" ? "draining" : isFull ? "full" : "active";
  const before = known.get(worker.member)?.state;
  if (before === state || before === "evicted") return true;
  const reply = await partitions.admit(leadership, worker.member, state);
  if (reply.status === "unheld") return false;
  if (reply.status === "admitted") {
    emit({ type: "member-admitted", partition: leadership.partition, member: worker.member, state });
  }
  return true;
}

async function removeIfDead(
  options: DispatcherOptions,
  leadership: Leadership,
  { member, registry }: { member: PartitionMember; registry: SeenRegistry },
): Promise<Held> {
  const worker = registry.leases.get(member.member);
  const sentence = judge(worker, options.death);
  if (sentence === null) return true;
  if (member.state !== "evicted") {
    if (registry.survey.barrierMs > 0) return true;
    const evicted = await options.partitions.evict(leadership, member.member, sentence);
    if (evicted.status !== "evicted") return evicted.status === "barrier";
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
  if (!hasLeft && !isGone) return true;
  const sinceEndMs = worker === undefined ? null : -worker.leaseLeftMs;
  return rehomeAll(options, leadership, { member: member.member, cause: sentence.cause, forget: isGone, sinceEndMs });
}

async function rehomeAll(
  { partitions, emit, clock, leaseMs, rehomePace: pace }: DispatcherOptions,
  leadership: Leadership,
  move: { member: MemberId; cause: string; forget: boolean; sinceEndMs?: number | null },
): Promise<Held> {
  const { member, ...how } = move;
  const endsAt = clock.monotonic() + leaseMs * rehomingShare;
  for (let i = 0; i < rehomesPerLookMax && (i === 0 || clock.monotonic() < endsAt); i++) {
    const { count } = pace;
    const startedAt = clock.monotonic();
    const reply = await partitions.rehome(leadership, member, { count, ...how }).catch((caught: unknown) => {
      pace.failed();
      throw caught;
    });
    if (reply.status !== "rehomed") return reply.status !== "unheld";
    const { conversations, entries } = reply;
    if (conversations === count || entries === count) pace.took(count, clock.monotonic() - startedAt);
    if (conversations + entries > 0) {
      emit({
        type: "rehomed",
        partition: leadership.partition,
        from: member,
        conversations,
        entries,
        cause: how.cause,
      });
    }
    if (reply.conversationsLeft === 0 && reply.entriesLeft === 0) return true;
  }
  return true;
}
