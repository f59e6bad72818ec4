import type { Metrics, Reading } from "../metrics.ts";

/** Counts what outputs of the log did not take; `lost` answers it since the start, by output. */
export function observeLog(metrics: Metrics, lost: () => readonly (readonly [output: string, lines: number])[]): void {
  metrics.counter({
    name: "dms_log_lines_lost_total",
    help: "Lines of the log that an output did not take: stdout, stderr or a file",
    labels: ["output"],
    read: () => lost().map(([output, lines]): Reading<"output"> => [{ output }, lines]),
  });
}
