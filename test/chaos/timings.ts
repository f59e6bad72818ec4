import { type ConversationHistory, type DeedFact, type History, shownTimes } from "@dms/testkit";

/** How long each step of a recovery took, over all deaths of workers in a run; milliseconds, ascending. */
export interface Timings {
  /** From the death to the eviction of the member, by the first leader that sees it. */
  detect: number[];
  /** From the death to a conversation's new owner. */
  reassign: number[];
  /** Of a conversation for which something waited: from the death, or the message if it came later, to its first post. */
  firstEffect: number[];
}

/** The three of deaths that were proved, and of those that only the lease told of. */
export interface AllTimings {
  proved: Timings;
  unproved: Timings;
}

/** Redis's clock and the wall clock are one on one machine. */
export function timingsOf(history: History): AllTimings {
  const all = { proved: empty(), unproved: empty() };
  const deaths = history.deeds.filter(
    ({ kind, target, member }) => kind === "death" && target === "worker" && member !== "",
  );
  for (const death of deaths) {
    const timings = death.isProved === true ? all.proved : all.unproved;
    const evicted = history.evictions.filter(({ member }) => member === death.member).map(({ at }) => at);
    if (evicted.length > 0) timings.detect.push(Math.min(...evicted) - death.at);
    for (const conversation of history.conversations.values()) measure(timings, conversation, death);
  }
  for (const { detect, reassign, firstEffect } of Object.values(all)) {
    for (const values of [detect, reassign, firstEffect]) values.sort((one, other) => one - other);
  }
  return all;
}

function measure(timings: Timings, conversation: ConversationHistory, death: DeedFact): void {
  const { moves } = conversation;
  const owned = moves.findLast(({ at }) => at <= death.at)?.to === death.member;
  const move = moves.find(({ from, at }) => from === death.member && at >= death.at);
  if (!owned || move === undefined) return;
  timings.reassign.push(move.at - death.at);
  const waited = [...shownTimes(conversation).values()]
    .filter(({ at, message }) => at > death.at && message.receivedAt <= move.at)
    .map(({ at, message }) => at - Math.max(death.at, message.receivedAt));
  if (waited.length > 0) timings.firstEffect.push(Math.min(...waited));
}

function empty(): Timings {
  return { detect: [], reassign: [], firstEffect: [] };
}
