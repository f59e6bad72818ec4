import type { MemberId } from "@dms/protocol";
import {
  type Clock,
  type Emit,
  mayStartEffect,
  type MemberCard,
  type MemberLoad,
  type Order,
  type Random,
  type Registry,
  trustUntil,
} from "@dms/rules";
import { redisFailed } from "./errors.ts";

export interface MembershipOptions {
  registry: Registry;
  clock: Clock;
  random: Random;
  card: Omit<MemberCard, "member">;
  heartbeatMs: number;
  leaseMs: number;
  marginMs: number;
  /** What each beat reports. */
  loadNow: () => MemberLoad;
  emit: Emit;
  /** A new incarnation begins; everything of the former one is over. */
  onJoined: (lease: Lease) => void;
  onOrder: (order: Order) => void;
}

/** One incarnation's right to act. */
export interface Lease {
  readonly member: MemberId;
  /** Aborts when the lease is over: effects under way stop, everything held is dropped. */
  readonly ended: AbortSignal;
  /** Whether an effect that may take `effectMs` may begin now, by the member's own clock. (I4) */
  mayStart(effectMs: number): boolean;
}

/** Pause after a beat or join that Redis did not answer. */
const retryMs = 100;
const tokenLength = 6;

/**
 * Keeps a process a member: joins, beats, and joins as a new incarnation when the lease is lost.
 * States: stopped -> joining -> leased -> (lease over) joining -> ... -> stopped. Beats run on the event loop on purpose:
 * a loop that stalls past the lease has lost it, and says so before anything else happens. (I4) Only calls that may succeed
 * later are made again: anything else ends the process.
 */
export class Membership {
  readonly #options: MembershipOptions;
  #lease: { member: MemberId; until: number; controller: AbortController } | null = null;
  #loop: Promise<void> | null = null;
  readonly #stopping = new AbortController();
  #beatNow: (() => void) | null = null;

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#loop ??= this.#run();
  }

  /** The current member, or null between two incarnations. */
  get member(): MemberId | null {
    return this.hasLease ? (this.#lease?.member ?? null) : null;
  }

  get hasLease(): boolean {
    return this.#lease !== null && this.#options.clock.monotonic() < this.#lease.until;
  }

  /** Beats at once, so that a change of state is known soon. */
  hurry(): void {
    this.#beatNow?.();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#beatNow?.();
    await this.#loop;
    const lease = this.#lease;
    if (lease === null) return;
    this.#lease = null;
    lease.controller.abort();
    await this.#leave(lease.member);
  }

  async #leave(member: MemberId): Promise<void> {
    const { registry, emit } = this.#options;
    try {
      await registry.leave(member, "left", "stopped");
      emit({ type: "member-left", member });
    } catch (caught) {
      // The lease ends by itself a little later.
      emit(redisFailed("leave", caught));
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const lease = await this.#join();
      if (lease === null) return;
      this.#lease = lease;
      this.#options.emit({ type: "member-joined", member: lease.member, role: this.#options.card.role });
      this.#options.onJoined(this.#view(lease));
      const cause = await this.#keep(lease);
      if (cause === "stopping") return;
      this.#lease = null;
      lease.controller.abort();
      this.#options.emit({ type: "lease-lost", member: lease.member, cause });
    }
  }

  #view(lease: { member: MemberId; until: number; controller: AbortController }): Lease {
    const { clock } = this.#options;
    return {
      member: lease.member,
      ended: lease.controller.signal,
      mayStart: (effectMs) =>
        !lease.controller.signal.aborted && mayStartEffect(clock.monotonic(), lease.until, effectMs),
    };
  }

  async #join(): Promise<{ member: MemberId; until: number; controller: AbortController } | null> {
    const { registry, clock, random, card, leaseMs, marginMs, emit } = this.#options;
    let member = `${card.name}.${random.token(tokenLength)}` as MemberId;
    while (!this.#stopping.signal.aborted) {
      const sentAt = clock.monotonic();
      try {
        const reply = await registry.join({ ...card, member });
        const until = trustUntil(sentAt, { leaseMs, marginMs });
        if (reply.status === "joined") return { member, until, controller: new AbortController() };
        member = `${card.name}.${random.token(tokenLength)}` as MemberId;
      } catch (caught) {
        emit(redisFailed("join", caught));
        await clock.sleep(retryMs, this.#stopping.signal);
      }
    }
    return null;
  }

  /** Beats until the lease is over or the process stops. */
  async #keep(lease: {
    member: MemberId;
    until: number;
    controller: AbortController;
  }): Promise<"evicted" | "expired" | "stopping"> {
    const { clock, heartbeatMs } = this.#options;
    let dueAt = clock.monotonic();
    while (!this.#stopping.signal.aborted) {
      const beat = await this.#beat(lease, dueAt);
      if (beat === "evicted") return "evicted";
      const now = clock.monotonic();
      if (now >= lease.until) return "expired";
      dueAt = beat === "renewed" ? Math.max(dueAt + heartbeatMs, now) : now + retryMs;
      await this.#pause(Math.min(dueAt, lease.until) - now);
      if (clock.monotonic() >= lease.until) return "expired";
    }
    return "stopping";
  }

  async #pause(ms: number): Promise<void> {
    const hurry = new AbortController();
    this.#beatNow = () => hurry.abort();
    const stopping = (): void => hurry.abort();
    this.#stopping.signal.addEventListener("abort", stopping, { once: true });
    await this.#options.clock.sleep(ms, hurry.signal);
    this.#stopping.signal.removeEventListener("abort", stopping);
    this.#beatNow = null;
  }

  /** One beat, given up when the lease ends first: a beat that hangs must not hide that. */
  async #beat(
    lease: { member: MemberId; until: number },
    dueAt: number,
  ): Promise<"renewed" | "evicted" | "unanswered"> {
    const { registry, clock, leaseMs, marginMs, loadNow, emit, onOrder } = this.#options;
    const sentAt = clock.monotonic();
    const expiry = new AbortController();
    try {
      const expired = clock.sleep(lease.until - sentAt, expiry.signal).then(() => null);
      const reply = await Promise.race([registry.beat(lease.member, loadNow()), expired]);
      if (reply === null) return "unanswered";
      if (reply.status === "evicted") return "evicted";
      // An ended lease is never trusted again, even when Redis was asked in time.
      if (clock.monotonic() >= lease.until) return "unanswered";
      lease.until = trustUntil(sentAt, { leaseMs, marginMs });
      emit({ type: "lease-renewed", member: lease.member, lateMs: Math.max(0, sentAt - dueAt) });
      if (reply.order) onOrder(reply.order);
      return "renewed";
    } catch (caught) {
      emit(redisFailed("beat", caught));
      return "unanswered";
    } finally {
      expiry.abort();
    }
  }
}
