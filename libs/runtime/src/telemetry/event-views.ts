import type { Clock, ClusterEvent, Emit } from "@dms/rules";
import { LogThrottle } from "../log-throttle.ts";
import type { Logger } from "../logger.ts";

type Level = "trace" | "debug" | "info" | "warn" | "error";

/** How one kind of event is seen from outside. */
interface EventView<Event extends ClusterEvent> {
  /** Loudness of its line; `debug` by default, null for none. A function where it hangs on the event. */
  level?: Level | null | ((event: Event) => Level | null);
  /** Moves the figures. On the way of every message: looks up no series that it could keep. */
  count?: (event: Event) => void;
  /** For failures that come by the thousand in an outage: of one kind, one line at a time is enough. */
  kind?: (event: Event) => string;
}

export type EventViews = { [T in ClusterEvent["type"]]?: EventView<Extract<ClusterEvent, { type: T }>> };

/**
 * Turns the core's events into log lines and figures as the views say; the last view of a kind stands. A line carries the
 * event's name as `event` and all its facts beside it.
 */
export function observeEvents(
  { logger, clock }: { logger: Logger; clock: Clock },
  ...views: readonly EventViews[]
): Emit {
  const known = new Map<string, EventView<ClusterEvent>>();
  for (const each of views) {
    for (const [type, view] of Object.entries(each)) known.set(type, view as EventView<ClusterEvent>);
  }
  const throttle = new LogThrottle(clock);
  return (event) => {
    const view = known.get(event.type);
    view?.count?.(event);
    const level =
      typeof view?.level === "function" ? view.level(event) : view?.level === undefined ? "debug" : view.level;
    if (level === null || !logger.isLevelEnabled(level)) return;
    const omitted = view?.kind === undefined ? 0 : throttle.admit(view.kind(event));
    if (omitted === null) return;
    const { type, ...facts } = event;
    logger[level](omitted > 0 ? { event: type, ...facts, omitted } : { event: type, ...facts }, type);
  };
}
