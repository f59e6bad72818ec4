import type { ConversationHistory, History, StateFact } from "../history.ts";
import type { Finding } from "./finding.ts";

const unplaced = "unplaced";

/**
 * I15: at rest no inbox holds anything, every set, inbox and view belongs to a member that the registry still knows, what
 * is owned and who owns it agree, and no record outlives its sessions. Dead letters and the journal are not judged: they are
 * meant to stay, and capped.
 */
export function checkBoundedState(history: History, closeMsMax: number): Finding[] {
  const { state } = history;
  if (state === null) return [];
  const findings = [...leftovers(state), ...disagreements(state), ...overdueRecords(state, { history, closeMsMax })];
  return findings.map((detail) => ({ invariant: "I15", kind: "left behind", conversation: "", detail }));
}

function leftovers({ members, remembered, owned, inboxes, views, strangers }: StateFact): string[] {
  const alive = new Set([...members, unplaced]);
  const known = new Set([...remembered, unplaced]);
  return [
    ...inboxes
      .filter(({ entries }) => entries > 0)
      .map(({ member, entries, partition }) =>
        alive.has(member)
          ? `${entries} entries in partition ${partition} wait for ${member} at rest`
          : `${entries} entries in partition ${partition} belong to ${member}, which is no member`,
      ),
    ...inboxes.filter(({ member }) => !known.has(member)).map(({ member }) => `an inbox of ${member}, long gone`),
    ...owned
      .filter(({ member, conversations }) => !alive.has(member) && conversations.length > 0)
      .map(({ member, conversations }) => `${member}, which is no member, owns ${conversations.length} conversations`),
    ...views.filter(({ member }) => !known.has(member)).map(({ member }) => `a view of ${member}, long gone`),
    ...views
      .filter(({ isPlaceable, member }) => isPlaceable && !alive.has(member))
      .map(({ member }) => `${member} is placeable and no member`),
    ...strangers.map((key) => `a key of no known kind: ${key}`),
  ];
}

function disagreements({ records, owned }: StateFact): string[] {
  const owners = new Map(records.map(({ conversation, owner }) => [conversation, owner]));
  // By pair: a conversation that stands in two sets is in one too many.
  const pairs = owned.flatMap(({ member, conversations }) => conversations.map((id) => ({ id, member })));
  const held = new Set(pairs.map(({ id, member }) => `${member} ${id}`));
  return [
    ...[...owners]
      .filter(([id, owner]) => !held.has(`${owner} ${id}`))
      .map(([id, owner]) => `${id} is ${owner}'s and not in its set`),
    ...pairs
      .filter(({ id, member }) => owners.get(id) !== member)
      .map(({ id, member }) => `${id} is in the set of ${member} and not its own`),
  ];
}

function overdueRecords(
  { records, at }: StateFact,
  { history, closeMsMax }: { history: History; closeMsMax: number },
): string[] {
  return records
    .filter(({ conversation }) => {
      const known = [...history.conversations.values()].find((each) => each.conversation === conversation);
      return known !== undefined && at - lastUse(known) > closeMsMax;
    })
    .map(({ conversation }) => `the record of ${conversation} outlives its sessions`);
}

/** When something last kept the record: infinitely late while a session is open. */
function lastUse({ sessions, inbound }: ConversationHistory): number {
  const ends = sessions.map(({ endedAt }) => endedAt ?? Number.POSITIVE_INFINITY);
  return Math.max(0, inbound.at(-1)?.receivedAt ?? 0, ...ends);
}
