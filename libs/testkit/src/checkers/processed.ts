import type { ConversationHistory } from "../history.ts";
import { compareShown } from "../shown-comparison.ts";
import { shownTimes } from "../shown-times.ts";
import type { Finding } from "./finding.ts";

/**
 * I6: what nobody will be given again (the hub was told, and no inbox holds it) had been shown or buried before: the mark
 * comes after the chat server's commit. Unlike I1 this can be judged while everything runs.
 */
export function checkProcessed(conversation: ConversationHistory): Finding[] {
  if (conversation.processed.length === 0) return [];
  const { messages, dead } = compareShown(conversation);
  const buried = new Set([...dead].map(({ id }) => id));
  const wanted = new Set(messages.map(({ id }) => id));
  const shown = shownTimes(conversation);
  return conversation.processed
    .filter(({ messageId }) => wanted.has(messageId) && !buried.has(messageId))
    .filter(({ messageId, order }) => (shown.get(messageId)?.order ?? Number.POSITIVE_INFINITY) > order)
    .map(({ messageId }) => ({
      invariant: "I6",
      kind: "processed unseen",
      conversation: conversation.conversation,
      detail: `message ${messageId} was confirmed and in no inbox, and not yet shown`,
    }));
}
