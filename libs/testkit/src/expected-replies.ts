import { type OutboundMessage, splitConversationId } from "@dms/protocol";
import { planReply } from "@dms/rules";
import { compare, type Comparison } from "./comparison.ts";
import type { ConversationHistory, SpokenFact } from "./history.ts";

/** What of an agent's words the hub got, against what it should have got. */
export interface ReplyComparison {
  comparison: Comparison;
  /** Of each expected reply, what the agent said. */
  replies: SpokenFact[];
}

const remembered = new WeakMap<ConversationHistory, { version: number; result: ReplyComparison }>();

/** Compares once per change of the conversation, for all that ask. */
export function compareReplies(conversation: ConversationHistory): ReplyComparison {
  const known = remembered.get(conversation);
  if (known?.version === conversation.version) return known.result;
  const result = compareNow(conversation);
  remembered.set(conversation, { version: conversation.version, result });
  return result;
}

function compareNow(conversation: ConversationHistory): ReplyComparison {
  const used = new Set(conversation.shown.map(({ chatId }) => chatId));
  const refused = new Set(conversation.dead.filter(({ reason }) => reason === "reply-rejected").map(({ seq }) => seq));
  const { hubConversationId } = splitConversationId(conversation.conversation);
  const replies = conversation.spoken.flatMap((spoken) => {
    const plan = planReply(spoken.event, { hubConversationId, parties: { customer: "", business: "" } });
    if (plan.kind === "nothing" || plan.kind === "unreadable") return [];
    const token = plan.kind === "file" ? `file:${plan.name}` : replyToken(plan.message);
    // Nobody listens in a session that was never posted into, and what the hub refused is in the dead letters.
    const isOptional = !used.has(spoken.chatId) || refused.has(spoken.ordinal);
    return [{ spoken, expected: { tokens: [token], isOptional } }];
  });
  return {
    comparison: compare(
      replies.map(({ expected }) => expected),
      conversation.sent.map(({ message }) => [replyToken(message)]),
    ),
    replies: replies.map(({ spoken }) => spoken),
  };
}

function replyToken({ type, text, media, contentType, content }: OutboundMessage): string {
  if (type === "media") return `file:${media?.[0]?.name ?? ""}`;
  return type === "text" ? `text:${text ?? ""}` : `structured:${JSON.stringify([contentType, content, text ?? ""])}`;
}
