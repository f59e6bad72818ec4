import type { ConversationHistory, SessionFact } from "../history.ts";
import type { Finding, Occasion } from "./finding.ts";

/**
 * I7: a conversation's sessions follow one another. A session without a post is an abandoned creation: it may exist beside
 * another for as long as the chat server takes to end what nobody uses.
 */
export function checkOneSession(conversation: ConversationHistory, occasion: Occasion): Finding[] {
  const firstPosts = new Map<string, number>();
  for (const { chatId, order } of conversation.shown) {
    if (!firstPosts.has(chatId)) firstPosts.set(chatId, order);
  }
  const found = (kind: "session doubled" | "session orphaned", detail: string): Finding => ({
    invariant: "I7",
    kind,
    conversation: conversation.conversation,
    detail,
  });
  const firstPost = ({ chatId }: SessionFact): number => firstPosts.get(chatId) ?? Number.POSITIVE_INFINITY;
  const used = conversation.sessions
    .filter(({ chatId }) => firstPosts.has(chatId))
    .toSorted((one, other) => firstPost(one) - firstPost(other));
  const overlapping = used.slice(1).filter((session, index) => {
    const earlier = used.slice(0, index + 1);
    return earlier.some(({ endedOrder }) => endedOrder === null || endedOrder > firstPost(session));
  });
  const orphans = conversation.sessions.filter(
    (session) => !firstPosts.has(session.chatId) && isOverdue(session, occasion),
  );
  return [
    ...overlapping.map(({ chatId }) =>
      found("session doubled", `chat ${chatId} was posted into while another was open`),
    ),
    ...orphans.map(({ chatId }) => found("session orphaned", `chat ${chatId} was never posted into and never ended`)),
  ];
}

function isOverdue({ openedAt, endedAt }: SessionFact, { now, orphanMsMax }: Occasion): boolean {
  return endedAt === null && now - openedAt > orphanMsMax;
}
