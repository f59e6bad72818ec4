import type { Metrics } from "../metrics.ts";

/** Shows which chat servers are avoided for the moment; the labels are the configured addresses. */
export function observeServers(metrics: Metrics, read: () => Iterable<{ server: string; isSuspect: boolean }>): void {
  metrics.gauge({
    name: "dms_chat_server_suspect",
    help: "1 while this process avoids a chat server, for it did not answer",
    labels: ["server"],
    read: () => [...read()].map(({ server, isSuspect }) => [{ server }, Number(isSuspect)] as const),
  });
}
