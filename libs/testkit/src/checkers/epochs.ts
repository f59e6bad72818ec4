import type { ConversationHistory } from "../history.ts";
import type { Finding } from "./finding.ts";

/**
 * I5: over all history, lost tails of Redis included, one grant names one owner, and of one epoch only one grant ever acts
 * at a chat server. Two grants of one epoch in the journal are no fault by themselves: what a lost tail took with it never
 * acted (A7).
 */
export function checkEpochs({ conversation, moves, effects }: ConversationHistory): Finding[] {
  const owners = new Map<string, Set<string>>();
  for (const { grant, to } of moves) addTo(owners, grant, to);
  for (const { grant, member } of effects) addTo(owners, grant, member);
  const actors = new Map<string, Set<string>>();
  for (const { epoch, grant, member } of effects) addTo(actors, String(epoch), `${member} under ${grant}`);
  const found = (detail: string): Finding => ({ invariant: "I5", kind: "epoch reused", conversation, detail });
  return [
    ...shared(owners).map(([grant, members]) => found(`grant ${grant} named ${[...members].join(" and ")}`)),
    ...shared(actors).map(([epoch, who]) => found(`in epoch ${epoch} acted ${[...who].join(" and ")}`)),
  ];
}

function addTo(sets: Map<string, Set<string>>, key: string, value: string): void {
  const known = sets.get(key);
  if (known === undefined) sets.set(key, new Set([value]));
  else known.add(value);
}

function shared(sets: Map<string, Set<string>>): [string, Set<string>][] {
  return [...sets].filter(([, values]) => values.size > 1);
}
