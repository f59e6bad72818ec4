import type { ConversationHistory, DeedFact, History } from "../history.ts";
import { shownTimes } from "../shown-times.ts";
import { type Bounds, dueAfter } from "./due.ts";
import type { Finding, Invariant } from "./finding.ts";

const safety: ReadonlySet<Invariant> = new Set(["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8"]);
const way: ReadonlySet<Invariant> = new Set(["I1", "I2", "I3"]);

export function lostTails({ deeds }: History): DeedFact[] {
  return deeds.filter(({ kind }) => kind === "lost-tail");
}

export function dispatcherDeaths({ deeds }: History): DeedFact[] {
  return deeds.filter(
    ({ kind, target }) => (kind === "death" || kind === "freeze") && (target === "dispatcher" || target === "single"),
  );
}

/** I12: a history in which Redis lost a tail breaks none of I1 to I8. */
export function checkLostTails(history: History, others: readonly Finding[]): Finding[] {
  const broken = brokenOf(others, safety);
  const tails = lostTails(history).length;
  if (tails === 0 || broken.length === 0) return [];
  const detail = `Redis lost its last writes ${tails} times, and ${broken.join(", ")} did not hold`;
  return [{ invariant: "I12", kind: "lost tail harmed", conversation: "", detail }];
}

/** I14: a history in which dispatchers died breaks none of I1 to I3. */
export function checkDispatcherLosses(history: History, others: readonly Finding[]): Finding[] {
  const broken = brokenOf(others, way);
  const deaths = dispatcherDeaths(history).length;
  if (deaths === 0 || broken.length === 0) return [];
  const detail = `dispatchers died ${deaths} times, and ${broken.join(", ")} did not hold`;
  return [{ invariant: "I14", kind: "dispatcher loss harmed", conversation: "", detail }];
}

/** I14: what comes while a dead dispatcher is being replaced is in the chat in time. */
export function checkFetching(
  conversation: ConversationHistory,
  { history, bounds }: { history: History; bounds: Bounds },
): Finding[] {
  return dispatcherDeaths(history).flatMap((death) => {
    const others = history.deeds.filter((deed) => deed !== death);
    const wait = { boundMs: bounds.recoveryMsMax, backOffMsMax: bounds.backOffMsMax };
    return [...shownTimes(conversation).values()]
      .filter(({ message: { receivedAt }, at }) => {
        const isMeanwhile = receivedAt >= death.at && receivedAt <= death.at + bounds.recoveryMsMax;
        return isMeanwhile && at > dueAfter(others, { from: receivedAt, ...wait });
      })
      .map(({ message, at }) => ({
        invariant: "I14" as const,
        kind: "dispatcher loss harmed" as const,
        conversation: conversation.conversation,
        detail: `message ${message.id} waited ${at - message.receivedAt} ms after ${death.name} died`,
      }));
  });
}

function brokenOf(findings: readonly Finding[], among: ReadonlySet<Invariant>): Invariant[] {
  return [...new Set(findings.map(({ invariant }) => invariant))].filter((invariant) => among.has(invariant));
}
