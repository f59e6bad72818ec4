import { compare, type Comparison, type Expected } from "./comparison.ts";
import { expectedPosts, shownTokens } from "./expected-posts.ts";
import type { ConversationHistory, InboundFact } from "./history.ts";

/** What of a conversation was shown, against what its messages ask for. */
export interface ShownComparison {
  comparison: Comparison;
  /** Of each expected post, the message that it belongs to. */
  messages: InboundFact[];
  /** Messages in the dead letters. */
  dead: Set<InboundFact>;
  /** Posts that the messages ask for; of those in the dead letters only what was shown all the same. */
  asked: number;
  /** Messages that must be in the dead letters, because they break the contract, and are not. */
  unburied: InboundFact[];
}

const remembered = new WeakMap<ConversationHistory, { version: number; result: ShownComparison }>();

/** Compares once per change of the conversation, for all checkers that ask. */
export function compareShown(conversation: ConversationHistory): ShownComparison {
  const known = remembered.get(conversation);
  if (known?.version === conversation.version) return known.result;
  const result = compareNow(conversation);
  remembered.set(conversation, { version: conversation.version, result });
  return result;
}

function compareNow(conversation: ConversationHistory): ShownComparison {
  const deadIds = new Set(
    conversation.dead.filter(({ reason }) => reason !== "reply-rejected").map(({ messageId }) => messageId),
  );
  const expected: Expected[] = [];
  const messages: InboundFact[] = [];
  const dead = new Set<InboundFact>();
  const unburied: InboundFact[] = [];
  for (const message of conversation.inbound) {
    const isDead = deadIds.has(message.id);
    if (isDead) dead.add(message);
    const wanted = expectedPosts(message);
    if (wanted.kind === "malformed" && !isDead) unburied.push(message);
    if (wanted.kind !== "posts") continue;
    for (const tokens of wanted.posts) {
      expected.push({ tokens, isOptional: isDead });
      messages.push(message);
    }
  }
  const comparison = compare(expected, conversation.shown.map(shownTokens));
  const required = expected.filter(({ isOptional }) => !isOptional).length;
  const shownDead = [...comparison.matched, ...comparison.moved].filter(([wanted]) => expected[wanted]?.isOptional);
  return { comparison, messages, dead, asked: required + shownDead.length, unburied };
}
