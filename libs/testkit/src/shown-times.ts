import type { ConversationHistory, InboundFact } from "./history.ts";
import { compareShown } from "./shown-comparison.ts";

/** When a message was in the chat in full. */
export interface ShownTime {
  message: InboundFact;
  order: number;
  at: number;
}

const remembered = new WeakMap<ConversationHistory, { version: number; times: Map<string, ShownTime> }>();

/** Messages that are shown in full, by id, with their last post. Made once per change of the conversation. */
export function shownTimes(conversation: ConversationHistory): ReadonlyMap<string, ShownTime> {
  const known = remembered.get(conversation);
  if (known?.version === conversation.version) return known.times;
  const { comparison, messages } = compareShown(conversation);
  const times = new Map<string, ShownTime>();
  for (const [wanted, index] of [...comparison.matched, ...comparison.moved]) {
    const message = messages[wanted];
    const post = conversation.shown[index];
    if (message === undefined || post === undefined) continue;
    const before = times.get(message.id);
    if (before === undefined || before.order < post.order) times.set(message.id, { message, ...post });
  }
  for (const index of comparison.missing) times.delete(messages[index]?.id ?? "");
  remembered.set(conversation, { version: conversation.version, times });
  return times;
}
