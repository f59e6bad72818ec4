import type { MemberId } from "@dms/protocol";
import type { Leadership, Partitions } from "@dms/rules";
import type { DispatcherOptions } from "./ports.ts";
import { StragglerCursors } from "./straggler-cursors.ts";

/**
 * Share of a lease, from the beginning of a look, after which it calls no rehome but its first: the lease is renewed between
 * two looks, however much there is to move and however many have died.
 */
const rehomingShare = 1 / 4;
/** Rehomes of one look, whatever the clock says. */
const rehomesPerLookMax = 1000;

/** Who has conversations or entries that must go: a member that was evicted, or `unplaced`. */
export interface Leaver {
  member: MemberId;
  cause: string;
  forget: boolean;
  sinceEndMs?: number | null;
}

/** What is left of one look. */
interface Look {
  leadership: Leadership;
  endsAt: number;
  rehomes: number;
  /** Conversations that the workers still take. */
  room: number;
}

/** What a rehome means for its member: another would do more, or not in this look; or nothing more may be done at all. */
type Next = "more" | "enough" | "unheld";

type Reply = Awaited<ReturnType<Partitions["rehome"]>>;

/**
 * A leader's rehoming of one partition, from look to look while it leads. It remembers whose turn it is and how far inboxes
 * were searched, neither of which another leader needs: what is to be done is always what Redis says. (I14)
 */
export class Rehoming {
  readonly #options: DispatcherOptions;
  readonly #stragglers: StragglerCursors;
  #latest: MemberId | null = null;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#stragglers = new StragglerCursors(options.clock);
  }

  /** Rehomes one after the other, until all is done or the look has lasted long enough. */
  async look(
    leadership: Leadership,
    leavers: readonly Leaver[],
    { startedAt, room }: { startedAt: number; room: number },
  ): Promise<void> {
    const endsAt = startedAt + this.#options.leaseMs * rehomingShare;
    const look: Look = { leadership, endsAt, rehomes: 0, room };
    for (const leaver of this.#inTurn(leavers)) {
      let next: Next = "more";
      while (next === "more" && this.#hasTime(look)) next = await this.#rehome(leaver, look);
      if (next === "unheld") return;
    }
  }

  /** Whoever follows on the one that had the latest rehome comes first: one with much to move makes nobody wait for ever. */
  #inTurn(leavers: readonly Leaver[]): Leaver[] {
    const first = leavers.findIndex(({ member }) => member === this.#latest) + 1;
    return [...leavers.slice(first), ...leavers.slice(0, first)];
  }

  #hasTime({ rehomes, endsAt }: Look): boolean {
    return rehomes === 0 || (rehomes < rehomesPerLookMax && this.#options.clock.monotonic() < endsAt);
  }

  async #rehome(leaver: Leaver, look: Look): Promise<Next> {
    const { partitions, clock, rehomePace: pace } = this.#options;
    const { member, ...how } = leaver;
    const { count } = pace;
    look.rehomes++;
    this.#latest = member;
    const startedAt = clock.monotonic();
    const batch = { ...how, count, room: look.room, after: this.#stragglers.after(member) };
    const reply = await partitions.rehome(look.leadership, member, batch).catch((caught: unknown) => {
      pace.failed();
      // It may have been executed.
      this.#stragglers.beginAnew(member);
      throw caught;
    });
    if (isWhole(reply, count)) pace.took(count, clock.monotonic() - startedAt);
    return this.#learn(leaver, look, reply);
  }

  #learn(leaver: Leaver, look: Look, reply: Reply): Next {
    const { member } = leaver;
    if (reply.status === "waiting") {
      this.#stragglers.readTo(member, reply.readOn);
      this.#tell(leaver, look, { conversations: 0, entries: reply.stragglers });
      return reply.readOn === "" ? "enough" : "more";
    }
    if (reply.status !== "rehomed") return reply.status === "unheld" ? "unheld" : "enough";
    this.#stragglers.beginAnew(member);
    look.room -= reply.conversations;
    this.#tell(leaver, look, reply);
    return reply.conversationsLeft === 0 && reply.entriesLeft === 0 ? "enough" : "more";
  }

  #tell({ member, cause }: Leaver, look: Look, moved: { conversations: number; entries: number }): void {
    const { conversations, entries } = moved;
    if (conversations + entries === 0) return;
    const { partition } = look.leadership;
    this.#options.emit({ type: "rehomed", partition, from: member, conversations, entries, cause });
  }
}

/** Whether a rehome did as much as it was asked for, so that its time tells of the pace. */
function isWhole(reply: Reply, count: number): boolean {
  if (reply.status === "waiting") return reply.readOn !== "";
  return reply.status === "rehomed" && (reply.conversations === count || reply.entries === count);
}
