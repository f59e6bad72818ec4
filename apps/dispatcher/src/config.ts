import type { ChannelConfig, Config } from "@dms/runtime";
import type { DispatcherChannel, DispatcherOptions } from "./ports.ts";

type Given = "registry" | "partitions" | "channels" | "clock" | "random" | "emit" | "card" | "rehomePace";
type Bounds = Omit<DispatcherOptions, Given>;

/** The bounds of a dispatcher as the configuration has them. */
export function dispatcherBounds({ cluster, dispatcher, chat }: Config): Bounds {
  return {
    partitionCount: cluster.partitions,
    heartbeatMs: cluster.heartbeatMs,
    leaseMs: cluster.leaseMs,
    marginMs: cluster.leaseMarginMs,
    leaderCheckMs: cluster.leaderCheckMs,
    backlog: { high: dispatcher.backlogHigh, low: dispatcher.backlogLow },
    retry: { baseMs: dispatcher.retryBaseMs, maxMs: dispatcher.retryMaxMs },
    death: { effectMs: chat.timeoutMs, provedGraceMs: cluster.provedGraceMs },
  };
}

export function channelBounds(channel: ChannelConfig): Pick<DispatcherChannel, "fetchLimit" | "fetchWaitMs"> {
  return { fetchLimit: channel.fetchLimit, fetchWaitMs: channel.fetchWaitMs };
}
