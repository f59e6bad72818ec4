import type { ConversationHistory, DeedFact, History } from "../history.ts";
import { shownTimes } from "../shown-times.ts";
import { type Bounds, dueAfter } from "./due.ts";
import type { Finding } from "./finding.ts";

/** Planned stops of workers that are over. */
export function workerStops({ deeds }: History): DeedFact[] {
  return deeds.filter(
    ({ kind, target, endedAt }) => kind === "stop" && (target === "worker" || target === "single") && endedAt !== null,
  );
}

/** I11, of the process: a planned stop ends with exit code 0. */
export function checkStops(history: History): Finding[] {
  return workerStops(history)
    .filter(({ exitCode }) => exitCode !== 0)
    .map(({ member, exitCode }) => found("", `${member} was told to stop and ended with ${String(exitCode)}`));
}

/**
 * I11, of a conversation: a worker that is told to stop gives it away itself, so nobody takes it from the dead, and what
 * comes meanwhile waits no longer than a moment. That nothing is shown or sent twice is I2 and I8.
 */
export function checkPlannedStop(
  { conversation, moves, ...facts }: ConversationHistory,
  { history, bounds }: { history: History; bounds: Bounds },
): Finding[] {
  return workerStops(history).flatMap((stop) => {
    const until = stop.endedAt ?? stop.at;
    const away = moves.filter(({ from, at }) => from === stop.member && at >= stop.at && from !== "");
    const taken = away.filter(({ cause }) => cause === "expired" || cause === "proved" || cause === "forgotten");
    const others = history.deeds.filter((deed) => deed !== stop && deed.kind !== "stop");
    const waits = [...shownTimes({ conversation, moves, ...facts }).values()].filter(({ message, at }) => {
      const { receivedAt } = message;
      if (away.length === 0 || receivedAt < stop.at || receivedAt > until) return false;
      const wait = { from: receivedAt, boundMs: bounds.stopGapMsMax, backOffMsMax: bounds.backOffMsMax };
      return at > dueAfter(others, wait);
    });
    return [
      ...taken.map(({ cause }) => found(conversation, `taken from ${stop.member} (${cause}) although it was stopping`)),
      ...waits.map(({ message, at }) =>
        found(conversation, `message ${message.id} waited ${at - message.receivedAt} ms while ${stop.member} stopped`),
      ),
    ];
  });
}

function found(conversation: Finding["conversation"], detail: string): Finding {
  return { invariant: "I11", kind: "stop disturbed", conversation, detail };
}
