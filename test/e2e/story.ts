import type { History, LogEvent, Verdict } from "@dms/testkit";

const ofMembers = /^(lease-lost|member-joined|member-evicted|redis-reset|drain-)/;
const linesMax = 500;

/**
 * What is known of the conversations in which something was found: every effect, post and move, and all that members said of
 * them and of themselves, by time. A red run is seldom had again, and its processes are gone.
 */
export function storyOf(
  events: readonly (LogEvent & { app: string })[],
  { history, judged }: { history: History; judged: Verdict },
): string {
  const conversations = new Set<string>(judged.findings.map(({ conversation }) => conversation));
  const told = events
    .filter((event) => conversations.has(String(event["conversation"])) || ofMembers.test(event.event))
    .map((event) => ({ at: Date.parse(String(event.time)), fact: event as object }));
  const kept = [...history.conversations.values()]
    .filter(({ conversation }) => conversations.has(conversation))
    .flatMap(({ conversation, effects, shown, moves }) =>
      [...effects, ...shown, ...moves].map((fact) => ({ at: fact.at, fact: { conversation, ...fact } })),
    );
  return [...told, ...kept]
    .toSorted((one, other) => one.at - other.at)
    .slice(-linesMax)
    .map(({ at, fact }) => `${new Date(at).toISOString()} ${JSON.stringify(fact)}`)
    .join("\n");
}
