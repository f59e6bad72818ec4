import type { ConversationHistory, History, MoveFact } from "../history.ts";
import type { Finding } from "./finding.ts";

const byDeath: ReadonlySet<string> = new Set(["left", "proved", "expired", "forgotten"]);
const byChoice: ReadonlySet<string> = new Set(["drain", "rebalance"]);
/** With the same members a rebalance moves a conversation at most so often in so long; more is a ball between players. */
const rebalancesMax = 2;
const rebalanceMs = 30_000;

/**
 * I9: an owner changes by death, drain or rebalance only. A move by death comes after an eviction of that very member, so a
 * change of workers moves only their own conversations and what a rebalance then moves: once for each member that comes or
 * goes. Who acts was made the owner.
 */
export function checkStickiness(conversation: ConversationHistory, history: History): Finding[] {
  const found = (detail: string): Finding => ({
    invariant: "I9",
    kind: "moved without reason",
    conversation: conversation.conversation,
    detail,
  });
  const { moves, effects } = conversation;
  // An effect is read before the journal's row that explains it; once rows were missed nothing can be said.
  const granted = new Set(moves.map(({ grant, to }) => `${grant} ${to}`));
  const strange = history.isJournalWhole
    ? effects.find((each) => !granted.has(`${each.grant} ${each.member}`))
    : undefined;
  return [
    ...moves.filter((move) => !hasReason(move, history)).map((move) => found(`${nameOf(move)} has no reason`)),
    ...(strange === undefined
      ? []
      : [found(`${strange.member} acted under ${strange.grant}, which it was never given`)]),
    ...returns(moves, history).map((move) => found(`${nameOf(move)} moves it again and again`)),
  ];
}

function hasReason({ event, cause, from, to, at }: MoveFact, { evictions }: History): boolean {
  if (event === "placed") return cause === "new";
  // Another grant for the same owner, who then loads the record again before it acts.
  if (cause === "redrive") return from === to;
  if (from === "unplaced") return cause === "placeable";
  if (byChoice.has(cause)) return true;
  return byDeath.has(cause) && evictions.some((each) => each.member === from && each.at <= at);
}

function returns(moves: readonly MoveFact[], { deeds, evictions }: History): MoveFact[] {
  const rebalances = moves.filter(({ cause }) => cause === "rebalance");
  return rebalances.filter((move) => {
    const isRecent = ({ at }: { at: number }): boolean => at <= move.at && at > move.at - rebalanceMs;
    const joins = deeds.filter((deed) => deed.kind === "join" && isRecent(deed)).length;
    const gone = new Set(evictions.filter(isRecent).map(({ member }) => member)).size;
    return rebalances.filter(isRecent).length > rebalancesMax + joins + gone;
  });
}

function nameOf({ event, cause, from, to, grant }: MoveFact): string {
  return `${event} (${cause}) from ${from || "nobody"} to ${to} under ${grant}`;
}
