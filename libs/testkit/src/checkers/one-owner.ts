import type { ConversationHistory, EffectFact } from "../history.ts";
import type { Finding } from "./finding.ts";

/**
 * I4: what the chat servers executed for a conversation carries epochs that never fall, and no grant comes back once
 * another has acted. A session that nobody ever posted into is left out: a creation, or the disconnect of what it made,
 * may be executed after its owner has lost the conversation, and touches nothing that anybody sees (I7 bounds it).
 */
export function checkOneOwner(conversation: ConversationHistory): Finding[] {
  const used = new Set(conversation.shown.map(({ chatId }) => chatId));
  const findings: Finding[] = [];
  const over = new Set<string>();
  let last: EffectFact | undefined;
  for (const effect of conversation.effects) {
    if (!used.has(effect.chatId)) continue;
    if (last !== undefined && (effect.epoch < last.epoch || over.has(effect.grant))) {
      findings.push({
        invariant: "I4",
        kind: "owner overlapped",
        conversation: conversation.conversation,
        detail: `${nameOf(effect)} was executed after ${nameOf(last)}`,
      });
      continue;
    }
    if (last !== undefined && last.grant !== effect.grant) over.add(last.grant);
    last = effect;
  }
  return findings;
}

function nameOf({ kind, chatId, member, grant }: EffectFact): string {
  return `${kind} in chat ${chatId} by ${member} under ${grant}`;
}
