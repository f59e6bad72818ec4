import type { Chat, Clock, Emit, Hub, InboxReader, MessageScope, Partitions, Random, Registry } from "@dms/rules";
import type { Config, Identity } from "@dms/runtime";
import { sessionUserData, workerBounds } from "./config.ts";
import type { WorkerChannel } from "./ports.ts";
import { Worker } from "./worker.ts";

/** What `main.ts`, or the simulator, puts in. */
export interface WorkerPorts {
  registry: Registry;
  partitions: Partitions;
  inbox: InboxReader;
  chat: Chat;
  /** One per configured channel. */
  hubs: ReadonlyMap<string, Hub>;
  clock: Clock;
  random: Random;
  emit: Emit;
  /** Does work for a message; where nobody wants to tell its calls apart, it is just done. */
  within?: MessageScope | undefined;
}

/** Composes a worker from ports and configuration; nothing of it knows what the ports are made of. */
export function composeWorker(ports: WorkerPorts, config: Config, identity: Identity): Worker {
  const channels = new Map<string, WorkerChannel>();
  for (const [name, hub] of ports.hubs) {
    const channel = config.channels[name];
    if (channel === undefined) continue;
    const userData = sessionUserData(name, channel, config);
    channels.set(name, { name, hub, userData, areReceiptsShown: channel.receipts === "always" });
  }
  return new Worker({
    ...ports,
    channels,
    bounds: workerBounds(config),
    partitionCount: config.cluster.partitions,
    card: { ...identity, capacity: config.worker.sessionsMax },
    heartbeatMs: config.cluster.heartbeatMs,
    leaseMs: config.cluster.leaseMs,
    marginMs: config.cluster.leaseMarginMs,
  });
}
