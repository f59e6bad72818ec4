import type { ConversationHistory, DeedFact, History } from "../history.ts";
import { shownTimes } from "../shown-times.ts";
import { type Bounds, dueAfter } from "./due.ts";
import type { Finding } from "./finding.ts";

/** A frozen worker is dead once its lease has ended. */
const leaseMs = 3000;

/** Deaths of workers, and freezes past the lease, of which the member is known. */
export function workerDeaths({ deeds }: History): DeedFact[] {
  return deeds.filter(
    ({ kind, target, member, at, endedAt }) =>
      (target === "worker" || target === "single") &&
      member !== "" &&
      (kind === "death" || (kind === "freeze" && (endedAt ?? Number.POSITIVE_INFINITY) - at >= leaseMs)),
  );
}

/**
 * I10: what waited with a dead worker, or comes for it while it is being replaced, is in the chat within the time that
 * detecting its death and giving its conversations to others takes.
 */
export function checkRecovery(
  conversation: ConversationHistory,
  { history, bounds }: { history: History; bounds: Bounds },
): Finding[] {
  return workerDeaths(history).flatMap((death) => {
    const owned = conversation.moves.findLast(({ at }) => at <= death.at)?.to === death.member;
    return owned ? lateAfter(conversation, { death, history, bounds }) : [];
  });
}

function lateAfter(
  conversation: ConversationHistory,
  { death, history, bounds }: { death: DeedFact; history: History; bounds: Bounds },
): Finding[] {
  const boundMs = death.isProved === true ? bounds.provedMsMax : bounds.recoveryMsMax;
  const others = history.deeds.filter((deed) => deed !== death);
  const late: Finding[] = [];
  for (const { message, at } of shownTimes(conversation).values()) {
    const from = Math.max(death.at, message.receivedAt);
    // What came before is not waited for; what came once all was over is another matter.
    if (at <= death.at || message.receivedAt > death.at + boundMs) continue;
    const due = dueAfter(others, { from, boundMs, backOffMsMax: bounds.backOffMsMax });
    if (at <= due) continue;
    late.push({
      invariant: "I10",
      kind: "recovered late",
      conversation: conversation.conversation,
      detail: `message ${message.id} is in the chat ${at - death.at} ms after ${death.member} died (${at - due} ms too late)`,
    });
  }
  return late;
}
