import type { Hub, TrustSource } from "@dms/rules";
import type { ChannelConfig } from "@dms/runtime";
import { createHubClient, type HubClientOptions } from "./hub-client.ts";

/** What the clients of all channels have in common. */
type SharedOptions = Pick<HubClientOptions, "clock" | "onCall" | "trace"> & {
  trustOf: (tls: ChannelConfig["hub"]["tls"]) => TrustSource | undefined;
};

/** One hub client for each channel, by the channel's name; `limits` says what else holds for its calls. */
export function openHubs(
  channels: Readonly<Record<string, ChannelConfig>>,
  { trustOf, ...shared }: SharedOptions,
  limits: (channel: ChannelConfig) => Partial<Pick<HubClientOptions, "timeoutMs" | "fileTimeoutMs">> = () => ({}),
): ReadonlyMap<string, Hub & { close(): Promise<void> }> {
  return new Map(
    Object.entries(channels).map(([name, channel]) => [
      name,
      createHubClient({ ...channel.hub, ...limits(channel), trust: trustOf(channel.hub.tls), ...shared }),
    ]),
  );
}
