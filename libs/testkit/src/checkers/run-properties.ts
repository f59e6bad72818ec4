import type { ConversationHistory, History } from "../history.ts";
import { checkBoundedState } from "./bounded-state.ts";
import type { Bounds } from "./due.ts";
import { areFiguresJudged, checkFigures } from "./figures.ts";
import type { Finding, Invariant } from "./finding.ts";
import { checkIsolation, type Disturbance } from "./isolation.ts";
import { checkDispatcherLosses, checkFetching, checkLostTails, dispatcherDeaths, lostTails } from "./losses.ts";
import { checkPlannedStop, checkStops, workerStops } from "./planned-stop.ts";
import { checkRecovery, workerDeaths } from "./recovery.ts";
import { checkStickiness } from "./stickiness.ts";

/** What whole runs are judged by, once they are at rest. */
export interface RunOccasion {
  bounds: Bounds;
  disturbance?: Disturbance;
}

/** I9 to I16, which are properties of a whole run. `others` are the findings of I1 to I8. */
export function judgeRun(history: History, occasion: RunOccasion, others: readonly Finding[]): Finding[] {
  const { bounds, disturbance } = occasion;
  const ofConversations = [...history.conversations.values()].flatMap((conversation) => [
    ...checkStickiness(conversation, history),
    ...checkRecovery(conversation, { history, bounds }),
    ...checkPlannedStop(conversation, { history, bounds }),
    ...checkFetching(conversation, { history, bounds }),
  ]);
  return [
    ...ofConversations,
    ...checkStops(history),
    ...checkLostTails(history, others),
    ...checkDispatcherLosses(history, others),
    ...(disturbance === undefined ? [] : checkIsolation(history, { disturbance, bounds })),
    ...checkBoundedState(history, bounds.closeMsMax),
    ...checkFigures(history),
  ];
}

/** How many facts each checker had to judge: a checker without any has proved nothing. */
export function countJudged(history: History, occasion: RunOccasion): Record<Invariant, number> {
  const sum = (count: (conversation: ConversationHistory) => number): number =>
    [...history.conversations.values()].reduce((all, each) => all + count(each), 0);
  const messages = sum(({ inbound }) => inbound.length);
  const posts = sum(({ shown }) => shown.length);
  return {
    I1: messages,
    I2: posts,
    I3: posts,
    I4: sum(({ effects }) => effects.length),
    I5: sum(({ moves }) => moves.length),
    I6: sum(({ processed }) => processed.length),
    I7: sum(({ sessions }) => sessions.length),
    I8: sum(({ spoken }) => spoken.length),
    I9: sum(({ moves }) => moves.length),
    I10: workerDeaths(history).length,
    I11: workerStops(history).length,
    I12: lostTails(history).length,
    I13: occasion.disturbance?.conversations.size ?? 0,
    I14: dispatcherDeaths(history).length,
    I15: history.state === null ? 0 : 1,
    I16: areFiguresJudged(history) ? 1 : 0,
  };
}
