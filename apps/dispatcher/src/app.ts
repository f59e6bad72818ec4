import type { Clock, Emit, Hub, Partitions, Random, RedisServerView, Registry } from "@dms/rules";
import type { Config, Identity } from "@dms/runtime";
import { RehomePace } from "./rehome-pace.ts";
import { channelBounds, dispatcherBounds } from "./config.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { DispatcherChannel } from "./ports.ts";

/** What `main.ts`, or the simulator, puts in. */
export interface DispatcherPorts {
  registry: Registry;
  partitions: Partitions;
  /** One per configured channel. */
  hubs: ReadonlyMap<string, Hub>;
  /** What the servers of Redis say about themselves, for whoever watches; the core does without. */
  servers?: () => Promise<RedisServerView[]>;
  clock: Clock;
  random: Random;
  emit: Emit;
}

/** Composes a dispatcher from ports and configuration; nothing of it knows what the ports are made of. */
export function composeDispatcher(ports: DispatcherPorts, config: Config, identity: Identity): Dispatcher {
  const channels: DispatcherChannel[] = [];
  for (const [name, hub] of ports.hubs) {
    const channel = config.channels[name];
    if (channel !== undefined) channels.push({ name, hub, ...channelBounds(channel) });
  }
  const rehomePace = new RehomePace(config.dispatcher.rehomeCount);
  return new Dispatcher({ ...ports, channels, card: identity, rehomePace, ...dispatcherBounds(config) });
}
