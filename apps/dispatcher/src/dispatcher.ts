import type { MemberId } from "@dms/protocol";
import { type MemberState, type PartitionView, planShedding, preferredHolder, type Survey } from "@dms/rules";
import { type Lease, LeaseFault, Membership, type Readiness, redisFailed } from "@dms/runtime";
import { FetchDuty } from "./fetch-duty.ts";
import { LeaseSightings } from "./lease-sightings.ts";
import { lookAfter, type SeenRegistry } from "./partition-leader.ts";
import type { DispatcherOptions } from "./ports.ts";
import { Rehoming } from "./rehoming.ts";
import type { DispatcherFigures } from "./telemetry.ts";

/** Time between two looks at how evenly workers are loaded, and after an order until the next to the same worker. */
const balanceEveryMs = 1000;
const orderRestMs = 4000;
/** Time between two questions to the servers of Redis how they are. */
const serversEveryMs = 5000;

/** A partition's lease as it is held, and what its leader remembers for as long as it holds it. */
interface Leading {
  token: string;
  rehoming: Rehoming;
}

/**
 * A dispatcher process: one loop that surveys the registry, holds leases (of partitions and of channels' fetching), and does
 * what a leader does. All dispatchers agree by hashing on who should hold what, so they share without talking.
 * States: stopped -> active -> draining (gives up all leases) -> stopped.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #membership: Membership;
  readonly #leaseFault = new LeaseFault();
  readonly #fetching: FetchDuty;
  readonly #led = new Map<number, Leading>();
  readonly #orderedAt = new Map<MemberId, number>();
  readonly #sightings: LeaseSightings;
  readonly #stopping = new AbortController();
  #state: MemberState = "active";
  #loop: Promise<void> | null = null;
  #balancedAt = 0;
  #serversAskedAt = Number.NEGATIVE_INFINITY;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#fetching = new FetchDuty(options);
    this.#sightings = new LeaseSightings(options.leaseMs);
    const channels = options.channels.map(({ name }) => name);
    this.#membership = new Membership({
      ...options,
      emit: this.#leaseFault.heard(options.emit),
      card: { ...options.card, role: "dispatcher", capacity: 0, channels },
      loadNow: () => ({ state: this.#state, sessions: 0, pending: 0 }),
      onJoined: (lease) => this.#begin(lease),
      onOrder: () => undefined,
    });
  }

  async start(): Promise<void> {
    await this.#membership.start();
    this.#loop ??= this.#run();
  }

  get member(): MemberId | null {
    return this.#membership.member;
  }

  /** Partitions led. */
  get leading(): number {
    return this.#led.size;
  }

  /** Channels fetched from. */
  get channelsFetched(): number {
    return this.#fetching.held;
  }

  /** Entries in all inboxes as last seen; 0 where this dispatcher does not fetch. */
  get backlog(): number {
    return this.#fetching.backlog;
  }

  /** What the gauges show. */
  figures(): DispatcherFigures {
    const { channels, partitionCount } = this.#options;
    return {
      hasLease: this.#membership.hasLease,
      leading: new Set(this.#led.keys()),
      partitions: partitionCount,
      channels: channels.map(({ name }) => name),
      fetching: this.#fetching.channels,
    };
  }

  readiness(): Readiness {
    const reasons: string[] = [];
    if (this.#state === "draining") reasons.push("draining");
    if (!this.#membership.hasLease) reasons.push(...this.#leaseFault.reasons);
    return { ready: reasons.length === 0, reasons };
  }

  /** Finishes the batch in hand and gives up all leases, so that others need not wait for them to end. */
  async drain(_deadline: number): Promise<void> {
    this.#state = "draining";
    this.#membership.hurry();
    this.#stopping.abort();
    await this.#loop;
    await this.#fetching.release();
    await this.#releaseAll();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    await this.#fetching.stop();
    await this.#membership.stop();
  }

  /** A new incarnation holds no lease of the former one. */
  #begin(lease: Lease): void {
    this.#led.clear();
    this.#fetching.begin(lease);
  }

  async #run(): Promise<void> {
    const { clock, leaderCheckMs, emit } = this.#options;
    while (!this.#stopping.signal.aborted) {
      const startedAt = clock.monotonic();
      try {
        await this.#look();
        emit({ type: "looked", durationMs: clock.monotonic() - startedAt });
      } catch (caught) {
        emit(redisFailed("look", caught));
      }
      await clock.sleep(Math.max(0, leaderCheckMs - (clock.monotonic() - startedAt)), this.#stopping.signal);
    }
  }

  async #look(): Promise<void> {
    const member = this.#membership.member;
    if (member === null) return;
    const { registry, clock } = this.#options;
    const askedAt = clock.monotonic();
    const survey = await registry.survey();
    const leases = this.#sightings.byBothClocks(survey.members, { askedAt, answeredAt: clock.monotonic() });
    this.#options.emit({ type: "survey-taken", survey });
    // Whom to count on is as Redis says: who lost a lease by a step of its clock joins anew, and the old member does nothing more.
    const dispatchers = survey.members.filter(
      ({ role, state, leaseLeftMs }) => role === "dispatcher" && state === "active" && leaseLeftMs > 0,
    );
    const peers = dispatchers.map((peer) => peer.member);
    await this.#fetching.look(member, dispatchers);
    const { partitionCount } = this.#options;
    const looks = Array.from({ length: partitionCount }, (_, partition) =>
      this.#lookAt(partition, { member, peers, registry: { survey, leases } }),
    );
    await Promise.all(looks);
    if (this.#led.has(0)) await this.#balance(survey);
    void this.#askServers();
  }

  /** For whoever watches; a look never waits for it, and an answer that does not come is no news. */
  async #askServers(): Promise<void> {
    const { clock, servers, emit } = this.#options;
    if (servers === undefined || clock.monotonic() - this.#serversAskedAt < serversEveryMs) return;
    this.#serversAskedAt = clock.monotonic();
    try {
      emit({ type: "redis-seen", servers: await servers() });
    } catch (caught) {
      emit(redisFailed("servers", caught));
    }
  }

  /** Holds or gives up one partition's lease, and looks after the partition while it is held. */
  async #lookAt(
    partition: number,
    { member, peers, registry }: { member: MemberId; peers: MemberId[]; registry: SeenRegistry },
  ): Promise<PartitionView | null> {
    const { partitions, emit } = this.#options;
    const led = this.#led.get(partition);
    const preferred = preferredHolder(`partition ${partition}`, peers);
    if (preferred !== member) {
      if (led !== undefined && preferred !== null) await this.#release(partition, member, led.token);
      return null;
    }
    const lease = await partitions.lead(partition, member, led?.token ?? null);
    if (lease.status === "other") {
      if (this.#led.delete(partition)) emit({ type: "leader-lost", partition, holder: lease.holder });
      return null;
    }
    const { token } = lease;
    if (led?.token !== token) emit({ type: "leader-gained", partition });
    const { rehoming } = led?.token === token ? led : { rehoming: new Rehoming(this.#options) };
    this.#led.set(partition, { token, rehoming });
    const view = await lookAfter(this.#options, { partition, holder: member, token }, { ...registry, rehoming });
    emit({ type: "partition-seen", partition, view });
    return view;
  }

  async #release(partition: number, member: MemberId, token: string): Promise<void> {
    this.#led.delete(partition);
    await this.#options.partitions.release(partition, member, token);
    this.#options.emit({ type: "leader-lost", partition, holder: "" });
  }

  async #releaseAll(): Promise<void> {
    const { member } = this;
    if (member === null) return;
    const { emit } = this.#options;
    const releases = [...this.#led].map(([partition, { token }]) => this.#release(partition, member, token));
    for (const outcome of await Promise.allSettled(releases)) {
      if (outcome.status === "fulfilled") continue;
      // The leases end by themselves a little later.
      emit(redisFailed("release", outcome.reason));
    }
  }

  /** The leader of partition 0 asks overloaded workers to hand some conversations off. (I9) */
  async #balance({ members }: Survey): Promise<void> {
    const { clock, registry } = this.#options;
    const now = clock.monotonic();
    if (now - this.#balancedAt < balanceEveryMs) return;
    this.#balancedAt = now;
    const workers = members.filter(
      ({ role, state, leaseLeftMs }) => role === "worker" && state === "active" && leaseLeftMs > 0,
    );
    for (const { member, conversations } of planShedding(workers)) {
      if (now - (this.#orderedAt.get(member) ?? Number.NEGATIVE_INFINITY) < orderRestMs) continue;
      this.#orderedAt.set(member, now);
      await registry.order(member, { kind: "shed", conversations });
    }
    for (const ordered of this.#orderedAt.keys()) {
      if (!workers.some(({ member }) => member === ordered)) this.#orderedAt.delete(ordered);
    }
  }
}
