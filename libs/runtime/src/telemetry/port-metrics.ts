import type { Metrics } from "../metrics.ts";

/** Why a request to a process's own port was refused. */
export type PortRefusal = "rate" | "admin";

/** Counts refused requests. */
export function observePort(metrics: Metrics): (reason: PortRefusal) => void {
  const refused = metrics.counter({
    name: "dms_http_refused_total",
    help: "Requests to this process's own port that were refused: rate (too many from one address), admin (no right to)",
    labels: ["reason"],
  });
  return (reason) => refused.of({ reason }).add();
}
