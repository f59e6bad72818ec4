import { compareReplies } from "../expected-replies.ts";
import type { ConversationHistory, SentFact, SpokenFact } from "../history.ts";
import { type Finding, type Occasion, quoted } from "./finding.ts";

/** What agents said and the hub does not have. */
export function pendingReplies(conversation: ConversationHistory): string[] {
  const { comparison, replies } = compareReplies(conversation);
  return comparison.missing.map((index) => nameOf(replies[index]));
}

/** I8: each thing that an agent said is at the hub once, in the order in which it was said. */
export function checkReplies(conversation: ConversationHistory, { isAtRest }: Occasion): Finding[] {
  const { comparison, replies } = compareReplies(conversation);
  const found = (kind: Finding["kind"], detail: string): Finding => ({
    invariant: "I8",
    kind,
    conversation: conversation.conversation,
    detail,
  });
  const lost = isAtRest ? pendingReplies(conversation) : [];
  return [
    ...lost.map((name) => found("reply lost", `${name} is not at the hub`)),
    ...comparison.doubled.map((index) =>
      found("reply doubled", `${sentName(conversation.sent[index])} is at the hub once more`),
    ),
    ...comparison.foreign.map((index) =>
      found("reply doubled", `${sentName(conversation.sent[index])} is at the hub and no agent said it`),
    ),
    ...comparison.moved.map(([wanted]) =>
      found("reply out of order", `${nameOf(replies[wanted])} is not in its place`),
    ),
  ];
}

function nameOf(spoken: SpokenFact | undefined): string {
  if (spoken === undefined) return "a reply";
  return `reply ${spoken.chatId}:${spoken.ordinal} ${quoted(spoken.event.text ?? spoken.event.type)}`;
}

function sentName(sent: SentFact | undefined): string {
  return `${sent?.id} (key ${sent?.key}) ${quoted(sent?.message.text ?? sent?.message.type ?? "")}`;
}
