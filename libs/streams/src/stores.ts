import type {
  Clock,
  InboxReader,
  Letters,
  Partitions,
  Random,
  RedisServerView,
  Registry,
  TrustSource,
} from "@dms/rules";
import { type Config, DmsError, retryable } from "@dms/runtime";
import { makeInboxReader } from "./inbox-reader.ts";
import { foundedOtherwise, schemaVersion } from "./founding.ts";
import { openJobClient } from "./job-client.ts";
import { makeKeys } from "./keys.ts";
import { makeLetters } from "./letter-store.ts";
import { makePartitions } from "./partition-store.ts";
import { noticeEveryMs, type OnCommand, RedisWire } from "./redis-wire.ts";
import type { Connect } from "./server-link.ts";
import { readServers } from "./redis-servers.ts";
import { makeRegistry } from "./registry-store.ts";

/** Everything a process knows of Redis, behind ports. */
export interface Stores {
  registry: Registry;
  partitions: Partitions;
  inbox: InboxReader;
  /** The dead letters, for jobs. */
  letters: Letters;
  /** What each server of Redis says about itself; throws as the other ports do. */
  servers: () => Promise<RedisServerView[]>;
  /** Opens a connection for jobs, which nobody else uses; whoever opens it closes it. */
  connectJobs: (purpose: "asking" | "working") => ReturnType<typeof openJobClient>;
  isConnected(): boolean;
  close(): void;
}

export interface StoresOptions {
  config: Config;
  /** Certificates for Redis that may be renewed; those that the configuration has read without it. */
  trust?: TrustSource | undefined;
  clock: Clock;
  random: Random;
  /** Told of waiting for Redis and of what could not be checked. */
  onNotice: (notice: string) => void;
  /** Told of every script and command when it is answered or given up; blocking reads excepted. */
  onCommand?: OnCommand;
  /** Aborts a start that still waits for Redis. */
  signal?: AbortSignal;
  /** Opens a connection in the place of the real ones. */
  connect?: Connect;
}

/**
 * Connects, waiting for Redis as long as it takes, and checks that this cluster is the one that the configuration means.
 * Throws `DMS_CLUSTER_DIFFERS` when it was founded with another schema or number of partitions, and what `checkServer` does.
 */
export async function openStores(options: StoresOptions): Promise<Stores> {
  const { config, trust, clock, random, onNotice, onCommand, signal, connect } = options;
  const { cluster } = config;
  const wire = new RedisWire({
    settings: config.redis,
    trust,
    durability: cluster.durability,
    durabilityTimeoutMs: cluster.durabilityTimeoutMs,
    clock,
    onNotice,
    ...(onCommand && { onCommand }),
    ...(connect && { connect }),
  });
  // Only a start is given up so: later the same signal begins a drain, which needs Redis.
  const giveUp = (): void => wire.close();
  signal?.addEventListener("abort", giveUp, { once: true });
  try {
    await wire.open();
    const keys = makeKeys(cluster.name);
    const { partitions, leaseMs } = cluster;
    const parts = { wire, keys, partitions, leaseMs, clock, random };
    const registry = makeRegistry(parts);
    await agree(registry, config, { clock, onNotice, isWanted: () => signal?.aborted !== true });
    return {
      registry,
      partitions: makePartitions(parts),
      inbox: makeInboxReader(wire, keys, clock),
      letters: makeLetters(parts),
      servers: () => readServers(wire.links, config.redis),
      connectJobs: (purpose) =>
        openJobClient({ ...cluster, settings: config.redis, trust, onFault: () => undefined }, purpose),
      isConnected: () => wire.isConnected,
      close: () => wire.close(),
    };
  } catch (caught) {
    wire.close();
    throw caught;
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}

const retryMs = 250;

async function agree(
  registry: Registry,
  { cluster }: Config,
  { clock, onNotice, isWanted }: Pick<StoresOptions, "clock" | "onNotice"> & { isWanted: () => boolean },
): Promise<void> {
  let saidAt = Number.NEGATIVE_INFINITY;
  while (isWanted()) {
    try {
      const own = { schema: schemaVersion, partitions: cluster.partitions };
      const reply = await registry.agree(own);
      if (reply.status === "agreed") return;
      throw foundedOtherwise(cluster.name, reply, own);
    } catch (caught) {
      const { message } = retryable(caught);
      // What a stop closes is not what was waited for.
      if (!isWanted()) break;
      if (clock.monotonic() - saidAt >= noticeEveryMs) {
        saidAt = clock.monotonic();
        onNotice(`waiting for Redis: ${message}`);
      }
      await clock.sleep(retryMs);
    }
  }
  throw new DmsError("DMS_STOPPED", "stopped while waiting for Redis");
}
