import type { MemberId } from "@dms/protocol";

export type MemberRole = "dispatcher" | "worker";
export type MemberState = "active" | "draining";

/** What a member says about itself when it joins. */
export interface MemberCard {
  member: MemberId;
  role: MemberRole;
  name: string;
  /** `host:port` of its HTTP server, for people. */
  address: string;
  version: string;
  /** The platform's instance that can run one such process at a time; "" when nothing promises that. */
  instance: string;
  /** Sessions at most; 0 for a dispatcher. */
  capacity: number;
  /** What a dispatcher can fetch; a worker names none. */
  channels?: readonly string[];
}

/** What a beat reports. */
export interface MemberLoad {
  state: MemberState;
  /** Conversations held. */
  sessions: number;
  /** Entries read and not settled. */
  pending: number;
}

/** What a leader may ask of a member: to drain, or to hand off `conversations` of its own. */
export type Order = { kind: "drain" } | { kind: "shed"; conversations: number };

/** A member as the registry knows it. */
export interface MemberView {
  member: MemberId;
  /** Milliseconds that its lease still runs by Redis's clock; at or below 0 it ended that long ago. */
  leaseLeftMs: number;
  role: MemberRole;
  /** active, draining, left or dead; the last two only once the lease has ended. */
  state: string;
  cause: string;
  sessions: number;
  capacity: number;
  pending: number;
  /** What it can fetch; null where its card does not say, as a former version's: it may have any. */
  channels: readonly string[] | null;
}

export interface Survey {
  /** Nothing may be evicted for so long: the registry's server is another than before (A12). */
  barrierMs: number;
  members: MemberView[];
}

/**
 * The cluster's registry of members. Every call throws a retryable `DmsError` (`DMS_REDIS_UNAVAILABLE`,
 * `DMS_REDIS_NOT_DURABLE`) when Redis does not answer as the chosen durability asks.
 */
export interface Registry {
  /** Fixes schema version and number of partitions at the first start; `differs` names what the cluster was founded with. */
  agree(founding: {
    schema: number;
    partitions: number;
  }): Promise<{ status: "agreed" } | { status: "differs"; schema: number; partitions: number }>;
  /** Founds the cluster again where Redis has lost that; throws DMS_CLUSTER_DIFFERS where another has founded it otherwise. */
  join(card: MemberCard): Promise<{ status: "joined" } | { status: "evicted" }>;
  beat(member: MemberId, load: MemberLoad): Promise<{ status: "renewed"; order: Order | null } | { status: "evicted" }>;
  /** Ends a lease: `left` by the member itself, `dead` by whoever has proof of its death. */
  leave(member: MemberId, state: "left" | "dead", cause: string): Promise<{ status: "ended" } | { status: "unknown" }>;
  order(member: MemberId, order: Order): Promise<{ status: "ordered" } | { status: "unknown" }>;
  survey(): Promise<Survey>;
  /** Takes or renews (`token` null takes) the fetch lease of a channel. */
  leadFetch(channel: string, holder: MemberId, token: string | null): Promise<LeaseReply>;
  releaseFetch(channel: string, holder: MemberId, token: string): Promise<void>;
}

/** Answer to a call for a leader's or fetcher's lease. */
export type LeaseReply = { status: "held"; token: string; barrierMs: number } | { status: "other"; holder: MemberId };
