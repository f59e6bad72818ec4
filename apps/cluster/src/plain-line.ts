import type { Snapshot } from "./meter.ts";
import { duration, latency, makePaint, whole } from "./paint.ts";
import { postsLine, verdictLine } from "./verdict-line.ts";

/** Everything in one line, for a log: no escape codes, the same places every time. */
export function plainLine({ upMs, rates, latency: times, backlog, deadLetters, verdict, members }: Snapshot): string {
  const sessions = members
    .filter(({ kind }) => kind === "worker")
    .map(({ figures, state }) => (state === "up" ? whole(figures.get("dms_sessions") ?? 0) : state));
  return [
    duration(upMs).padStart(5),
    `in ${rates.received.toFixed(1)}/s shown ${rates.shown.toFixed(1)}/s replies ${rates.replies.toFixed(1)}/s`,
    `p50 ${latency(times.p50)} p99 ${latency(times.p99)}`,
    `sessions ${sessions.join("+")}`,
    `backlog ${backlog ?? "?"} dead ${deadLetters}`,
    postsLine(verdict),
    verdictLine(verdict, makePaint(false)),
  ].join("  ");
}
