import type { MemberId } from "@dms/protocol";
import type {
  Chat,
  Clock,
  Emit,
  InboxReader,
  MemberCard,
  MemberState,
  MessageScope,
  Order,
  Partitions,
  Random,
  Registry,
} from "@dms/rules";
import { LeaseFault, Membership, type Lease, type Readiness, retryable } from "@dms/runtime";
import { Desk } from "./desk.ts";
import { Turns } from "./turns.ts";
import { EffectGate } from "./effect-gate.ts";
import { FileRoom } from "./file-room.ts";
import type { WorkerBounds, WorkerChannel } from "./ports.ts";
import type { WorkerFigures } from "./telemetry.ts";

/** The ports and bounds of one worker process. */
export interface WorkerOptions {
  registry: Registry;
  partitions: Partitions;
  inbox: InboxReader;
  chat: Chat;
  channels: ReadonlyMap<string, WorkerChannel>;
  clock: Clock;
  random: Random;
  emit: Emit;
  within?: MessageScope | undefined;
  bounds: WorkerBounds;
  partitionCount: number;
  card: Omit<MemberCard, "member" | "role">;
  heartbeatMs: number;
  leaseMs: number;
  marginMs: number;
}

/** Of all effects at once, the part that is left to sessions in which nothing waits when they are read anew. */
const idleShare = 1 / 8;
/** How often a drain looks at what is left. */
const drainLookMs = 100;
/** How long nobody to give to must be seen before a drain gives up: a worker that replaces this one may be starting. */
const aloneMsMax = 2000;

/**
 * A worker process: one desk per incarnation, and the drain.
 * States: stopped -> active (member) -> draining -> stopped. A lost lease leads through a new member back to active.
 */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #membership: Membership;
  readonly #leaseFault = new LeaseFault();
  readonly #gate: EffectGate;
  readonly #files: FileRoom;
  readonly #tails = new Map<string, Promise<void>>();
  #desk: Desk | null = null;
  #state: MemberState = "active";
  #drainWished: (() => void) | null = null;
  /** Resolves when a leader orders this worker to drain. */
  readonly drainOrdered: Promise<void>;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#gate = new EffectGate(options.clock, options.bounds);
    this.#files = new FileRoom(options.clock, { bytesMax: options.bounds.filesBytesMax });
    this.drainOrdered = new Promise((resolve) => {
      this.#drainWished = resolve;
    });
    this.#membership = new Membership({
      ...options,
      emit: this.#leaseFault.heard(options.emit),
      card: { ...options.card, role: "worker" },
      loadNow: () => ({ state: this.#state, sessions: this.sessions, pending: this.pending }),
      onJoined: (lease) => this.#open(lease),
      onOrder: (order) => this.#obey(order),
    });
  }

  async start(): Promise<void> {
    await this.#membership.start();
  }

  get member(): MemberId | null {
    return this.#membership.member;
  }

  /** Conversations in hand. */
  get sessions(): number {
    return this.#desk?.sessions ?? 0;
  }

  /** Entries read and not settled. */
  get pending(): number {
    return this.#desk?.pending ?? 0;
  }

  /** What the gauges show; looks at every conversation, so for a scrape and not for a beat. */
  figures(): WorkerFigures {
    const { bounds, card } = this.#options;
    return {
      hasLease: this.#membership.hasLease,
      conversations: this.sessions,
      conversationsMax: card.capacity,
      pending: this.pending,
      pendingMax: bounds.mailboxMax,
      effects: this.#gate.running,
      effectsMax: bounds.effectsMax,
      filesBytes: this.#files.held,
      filesBytesMax: bounds.filesBytesMax,
      ...(this.#desk?.look() ?? { sessions: 0, oldestAt: null }),
    };
  }

  readiness(): Readiness {
    const reasons: string[] = [];
    if (this.#state === "draining") reasons.push("draining");
    if (!this.#membership.hasLease) reasons.push(...this.#leaseFault.reasons);
    return { ready: reasons.length === 0, reasons };
  }

  /**
   * Gives every conversation to other members and waits until nothing is left, at most until `deadline` (monotonic ms).
   * What nobody can take stays in Redis for the next worker.
   */
  async drain(deadline: number): Promise<void> {
    const { clock, emit } = this.#options;
    const startedAt = clock.monotonic();
    this.#state = "draining";
    emit({ type: "drain-started", conversations: this.sessions });
    this.#membership.hurry();
    let aloneSince: number | null = null;
    let left = await this.#withdraw();
    while (left !== 0 && clock.monotonic() < deadline) {
      await this.#desk?.revive();
      this.#desk?.wantHandoff("drain");
      await clock.sleep(drainLookMs);
      const now = await this.#withdraw();
      if (now !== null && left !== null && now < left) aloneSince = null;
      else aloneSince ??= clock.monotonic();
      left = now;
      if (aloneSince !== null && clock.monotonic() - aloneSince > aloneMsMax && (await this.#isAlone())) break;
    }
    emit({ type: "drain-ended", left: left ?? this.sessions, durationMs: clock.monotonic() - startedAt });
  }

  /**
   * Lets effects under way come to their end, then leaves the cluster: whoever takes over what is left need not wait. A
   * process that is stopped before has not left, and its lease decides.
   */
  async stop(): Promise<void> {
    await this.#desk?.close();
    await this.#membership.stop();
    this.#desk = null;
  }

  #open(lease: Lease): void {
    const { partitions, inbox, chat, channels, bounds, clock, random, emit, within, partitionCount } = this.#options;
    this.#desk = new Desk({
      lease,
      member: lease.member,
      partitions,
      partitionCount,
      inbox,
      chat,
      channels,
      gate: this.#gate,
      files: this.#files,
      quarantine: new Turns(1),
      searches: new Turns(1),
      idleLooks: new Turns(Math.max(1, Math.floor(bounds.effectsMax * idleShare))),
      bounds,
      clock,
      random,
      emit,
      within,
      tails: this.#tails,
    });
    this.#desk.open();
  }

  #obey(order: Order): void {
    const { emit } = this.#options;
    emit({ type: "ordered", order: order.kind === "shed" ? `shed ${order.conversations}` : order.kind });
    if (order.kind === "shed") this.#desk?.wantHandoff("rebalance", order.conversations);
    else this.#drainWished?.();
  }

  /** Out of placement everywhere; answers what is still owned or unread, null when Redis does not say. */
  async #withdraw(): Promise<number | null> {
    const { partitions, partitionCount } = this.#options;
    const member = this.#membership.member;
    if (member === null) return 0;
    try {
      const all = Array.from({ length: partitionCount }, (_, partition) => partitions.withdraw(partition, member));
      const held = await Promise.all(all);
      return held.reduce((sum, { owned, entries }) => sum + owned + entries, 0);
    } catch (caught) {
      retryable(caught);
      return null;
    }
  }

  /** Whether no other worker is there to give to. */
  async #isAlone(): Promise<boolean> {
    try {
      const { members } = await this.#options.registry.survey();
      const others = members.filter(
        ({ member, role, state, leaseLeftMs }) =>
          role === "worker" && state === "active" && leaseLeftMs > 0 && member !== this.#membership.member,
      );
      return others.length === 0;
    } catch (caught) {
      retryable(caught);
      return false;
    }
  }
}
