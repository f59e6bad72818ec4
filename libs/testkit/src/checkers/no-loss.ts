import { compareShown } from "../shown-comparison.ts";
import type { ConversationHistory } from "../history.ts";
import type { Finding, Occasion } from "./finding.ts";

/** Ids of messages that are neither shown in full nor dead. */
export function pendingMessages(conversation: ConversationHistory): string[] {
  const { comparison, messages, unburied } = compareShown(conversation);
  const missing = comparison.missing.flatMap((index) => messages[index]?.id ?? []);
  return [...new Set([...missing, ...unburied.map(({ id }) => id)])];
}

/** I1: what the hub delivered is shown or dead, and never both. */
export function checkNoLoss(conversation: ConversationHistory, { isAtRest }: Occasion): Finding[] {
  const { comparison, messages, dead } = compareShown(conversation);
  const found = (detail: string): Finding => ({
    invariant: "I1",
    kind: "lost",
    conversation: conversation.conversation,
    detail,
  });
  const lost = isAtRest ? pendingMessages(conversation) : [];
  const shown = new Set([...comparison.matched, ...comparison.moved].map(([index]) => index));
  const both = [...dead].filter((message) => {
    const own = [...messages.keys()].filter((index) => messages[index] === message);
    return own.length > 0 && own.every((index) => shown.has(index));
  });
  return [
    ...lost.map((id) => found(`message ${id} is neither shown nor in the dead letters`)),
    ...both.map(({ id }) => found(`message ${id} is shown and in the dead letters`)),
  ];
}
