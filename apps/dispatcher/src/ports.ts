import type {
  BacklogBounds,
  Clock,
  DeathBounds,
  Emit,
  Hub,
  MemberCard,
  Partitions,
  Random,
  RedisServerView,
  Registry,
  RetryBounds,
} from "@dms/rules";
import type { RehomePace } from "./rehome-pace.ts";

/** One channel to fetch from. */
export interface DispatcherChannel {
  name: string;
  hub: Hub;
  fetchLimit: number;
  fetchWaitMs: number;
}

/** The ports and bounds of one dispatcher process; milliseconds and counts. */
export interface DispatcherOptions {
  registry: Registry;
  partitions: Partitions;
  channels: readonly DispatcherChannel[];
  servers?: () => Promise<RedisServerView[]>;
  clock: Clock;
  random: Random;
  emit: Emit;
  partitionCount: number;
  card: Omit<MemberCard, "member" | "role" | "capacity" | "channels">;
  heartbeatMs: number;
  leaseMs: number;
  marginMs: number;
  leaderCheckMs: number;
  /** How many conversations one rehome moves; all partitions of the process share it. */
  rehomePace: RehomePace;
  backlog: BacklogBounds;
  retry: RetryBounds;
  death: DeathBounds;
}
