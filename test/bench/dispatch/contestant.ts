import type { Role } from "../crew.ts";

/** What both processes of a contestant are told. */
export interface DispatchOrder {
  /** Section `redis` of a configuration, for ours; a port on 127.0.0.1 for the others. */
  redis: Record<string, unknown>;
  redisPort: number;
  /** Messages before the measurement: they open the conversations and warm the code up. */
  warm: number;
  measured: number;
  conversations: number;
  /** As in `LogPlan`. */
  lively?: number;
  partitions: number;
  durability: string;
  channels: number;
  /** Members in the consumer's process. */
  members: number;
}

/** One way to bring messages from a producer's process to a consumer's. Files in `contestants/` export the two roles. */
export interface ContestantRoles {
  /** Says `ready`; at each `go` stores the messages up to and including `upTo`. */
  producer: Role<DispatchOrder>;
  /** Says `ready`; says `reached` with its counts when `warm`, and when all, are shown and removed from Redis. */
  consumer: Role<DispatchOrder>;
}

/** Messages in one write of a producer and one read of a consumer, of every contestant: the cluster's default. */
export const batchCount = 1000;
