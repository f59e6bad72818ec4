import type { Metrics } from "../metrics.ts";

/** How this process sees a chat server: whether it avoids it, and how many calls it has under way there at most. */
interface ServerSight {
  server: string;
  isSuspect: boolean;
  callsMax: number;
}

/** Shows how this process sees the chat servers; the labels are the configured addresses. */
export function observeServers(metrics: Metrics, read: () => Iterable<ServerSight>): void {
  metrics.gauge({
    name: "dms_chat_server_calls_max",
    help: "Calls that this process has under way at a chat server at most; falls while the server is slow",
    labels: ["server"],
    read: () => [...read()].map(({ server, callsMax }) => [{ server }, callsMax] as const),
  });
  metrics.gauge({
    name: "dms_chat_server_suspect",
    help: "1 while this process avoids a chat server, for it did not answer",
    labels: ["server"],
    read: () => [...read()].map(({ server, isSuspect }) => [{ server }, Number(isSuspect)] as const),
  });
}
