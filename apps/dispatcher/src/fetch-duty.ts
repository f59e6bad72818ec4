import type { MemberId } from "@dms/protocol";
import { type MemberView, mayFetch, preferredHolder } from "@dms/rules";
import { type Lease, redisFailed } from "@dms/runtime";
import { Fetcher } from "./fetcher.ts";
import type { DispatcherChannel, DispatcherOptions } from "./ports.ts";

/** A channel that this dispatcher fetches from now. */
interface Duty {
  token: string;
  stop: AbortController;
  done: Promise<void>;
}

/** How often a fetch that waits for the backlog to shrink looks again. Milliseconds. */
const admissionPollMs = 100;

/**
 * Holds channels' fetch leases and runs their fetchers. A fetcher is stopped as soon as its lease is not renewed; that is a
 * courtesy to the hub, not what keeps the log's order. (A1)
 */
export class FetchDuty {
  readonly #options: DispatcherOptions;
  readonly #duties = new Map<string, Duty>();
  #isFetching = true;
  #member: MemberId | null = null;
  /** Entries in all inboxes as last seen. */
  backlog = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  get held(): number {
    return this.#duties.size;
  }

  /** Channels fetched from now. */
  get channels(): ReadonlySet<string> {
    return new Set(this.#duties.keys());
  }

  /** A new incarnation begins: what the former one fetched ends with its lease. */
  begin(lease: Lease): void {
    this.#member = lease.member;
    lease.ended.addEventListener("abort", () => void this.stop(), { once: true });
  }

  /** Takes, renews or gives up each channel's fetch lease; throws as the registry does. */
  async look(member: MemberId, peers: readonly MemberView[]): Promise<void> {
    for (const channel of this.#options.channels) await this.#lookAt(channel, member, peers);
    if (this.#duties.size > 0) await this.#lookAtBacklog();
  }

  /** Finishes the batches in hand and gives the leases up. */
  async release(): Promise<void> {
    const held = [...this.#duties];
    await this.stop();
    const member = this.#member;
    if (member === null) return;
    await Promise.all(held.map(([channel, { token }]) => this.#giveUp(channel, member, token)));
  }

  async stop(): Promise<void> {
    const duties = [...this.#duties.values()];
    this.#duties.clear();
    for (const duty of duties) duty.stop.abort();
    await Promise.all(duties.map((duty) => duty.done));
  }

  async #lookAt(channel: DispatcherChannel, member: MemberId, peers: readonly MemberView[]): Promise<void> {
    const { registry, emit } = this.#options;
    const { name } = channel;
    const duty = this.#duties.get(name);
    // Who does not have the channel would be waited for as long as it lives.
    const able = peers.filter(({ channels }) => channels?.includes(name) ?? true);
    const preferred = preferredHolder(
      `channel ${name}`,
      able.map((peer) => peer.member),
    );
    if (preferred !== member) {
      if (duty && preferred !== null) this.#end(name, duty, { member, holder: preferred });
      return;
    }
    const lease = await registry.leadFetch(name, member, duty?.token ?? null);
    if (lease.status === "other") {
      if (duty) this.#end(name, duty, { member, holder: lease.holder });
      return;
    }
    if (duty) {
      duty.token = lease.token;
      return;
    }
    emit({ type: "fetcher-gained", channel: name });
    this.#begin(channel, lease.token);
  }

  #begin(channel: DispatcherChannel, token: string): void {
    const stop = new AbortController();
    const fetcher = new Fetcher({
      ...this.#options,
      ...channel,
      channel: channel.name,
      admission: (signal) => this.#admission(channel.name, signal),
    });
    this.#duties.set(channel.name, { token, stop, done: fetcher.run(stop.signal) });
  }

  /** Stops a fetcher without waiting for it: its last confirmation may take as long as the hub does. */
  #end(name: string, duty: Duty, { member, holder }: { member: MemberId; holder: string }): void {
    this.#duties.delete(name);
    duty.stop.abort();
    this.#options.emit({ type: "fetcher-lost", channel: name, holder });
    void duty.done.then(() => this.#giveUp(name, member, duty.token));
  }

  async #giveUp(channel: string, member: MemberId, token: string): Promise<void> {
    const { registry, emit } = this.#options;
    try {
      await registry.releaseFetch(channel, member, token);
    } catch (caught) {
      // The lease ends by itself a little later.
      emit(redisFailed("release", caught));
    }
  }

  async #admission(channel: string, signal: AbortSignal): Promise<void> {
    const { clock, emit } = this.#options;
    if (this.#isFetching) return;
    emit({ type: "fetch-paused", channel, backlog: this.backlog });
    while (!this.#isFetching && !signal.aborted) await clock.sleep(admissionPollMs, signal);
    emit({ type: "fetch-resumed", channel, backlog: this.backlog });
  }

  /** Where a partition does not answer, what was seen last stands: its node may be down, and the others must be looked after. */
  async #lookAtBacklog(): Promise<void> {
    const { partitions, partitionCount, backlog, emit } = this.#options;
    try {
      const views = await Promise.all(Array.from({ length: partitionCount }, (_, p) => partitions.inspect(p)));
      this.backlog = views.reduce((sum, view) => sum + view.backlog, 0);
      this.#isFetching = mayFetch(this.backlog, this.#isFetching, backlog);
    } catch (caught) {
      emit(redisFailed("backlog", caught));
    }
  }
}
