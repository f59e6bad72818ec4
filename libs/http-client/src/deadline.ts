import type { Clock } from "@dms/rules";

export interface Deadline {
  readonly signal: AbortSignal;
  /** Whether its time is over by the clock, whatever its timer has come to; neither `lift` nor an extension changes it. */
  isOver: () => boolean;
  /** Asked once, when the time is over, how many milliseconds more there are. */
  extend: (more: () => number) => void;
  /** Takes the time limit off; the outer signal still counts. */
  lift: () => void;
  close: () => void;
}

/**
 * A signal that aborts with the reason "timeout" after `ms`, or with the reason of `outer` when that aborts first ("aborted"
 * unless it is itself a deadline's). `close` lets go of the timer and of `outer`; AbortSignal.any would keep the outer
 * signal's list growing and its timer is not the clock's.
 */
export function openDeadline(clock: Clock, ms: number, outer: AbortSignal): Deadline {
  const controller = new AbortController();
  const endsAt = clock.monotonic() + ms;
  const onOuter = (): void => controller.abort(outer.reason === "timeout" ? "timeout" : "aborted");
  const abort = (): void => controller.abort("timeout");
  let more = (): number => 0;
  let cancel = clock.after(ms, () => {
    const moreMs = more();
    if (moreMs > 0) cancel = clock.after(moreMs, abort);
    else abort();
  });
  if (outer.aborted) onOuter();
  else outer.addEventListener("abort", onOuter, { once: true });
  const extend = (asked: () => number): void => void (more = asked);
  const close = (): void => {
    cancel();
    outer.removeEventListener("abort", onOuter);
  };
  return { signal: controller.signal, isOver: () => clock.monotonic() >= endsAt, extend, lift: () => cancel(), close };
}
