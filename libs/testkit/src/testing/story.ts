import { conversationId } from "@dms/protocol";
import { type ConversationHistory, conversationIn, emptyHistory, type History } from "../history.ts";

/** A history written by hand, one conversation of it, in the order of the calls. */
export interface Story {
  history: History;
  conversation: ConversationHistory;
  /** A customer writes; the message's id is `m<sequence>`. */
  receives(...texts: string[]): Story;
  /** A customer's message of any form. */
  receivesMessage(message: Record<string, unknown>): Story;
  opens(chatId: string): Story;
  ends(chatId: string): Story;
  shows(chatId: string, ...texts: string[]): Story;
  showsFile(chatId: string, name: string): Story;
  says(chatId: string, ...texts: string[]): Story;
  /** The hub accepts a text for the customer. */
  sends(...texts: string[]): Story;
  buries(messageId: string): Story;
  refusesReply(ordinal: number): Story;
}

const parties = { from: { id: "customer" }, to: { id: "business" }, sentAt: "2026-01-01T00:00:00Z" };

export function story(): Story {
  const history = emptyHistory();
  const conversation = conversationIn(history, conversationId("whatsapp", "c1"));
  let order = 0;
  const tell = (): number => {
    conversation.version += 1;
    history.readAt = ++order;
    return order;
  };
  const told: Story = {
    history,
    conversation,
    receives: (...texts) => texts.reduce((so, text) => so.receivesMessage({ type: "text", text }), told),
    receivesMessage(message) {
      const sequence = conversation.inbound.length + 1;
      const whole = { sequence, id: `m${sequence}`, conversationId: "c1", ...parties, ...message };
      conversation.inbound.push({ sequence, id: whole.id, receivedAt: tell(), message: whole });
      return told;
    },
    opens(chatId) {
      const at = tell();
      const open = { endedOrder: null, endedAt: null, endedBy: "" };
      conversation.sessions.push({ chatId, openedOrder: at, openedAt: at, ...open });
      return told;
    },
    ends(chatId) {
      const at = tell();
      const session = conversation.sessions.find((each) => each.chatId === chatId);
      if (session !== undefined) Object.assign(session, { endedOrder: at, endedAt: at, endedBy: "agent" });
      return told;
    },
    shows(chatId, ...texts) {
      for (const text of texts) conversation.shown.push({ order: tell(), at: order, chatId, kind: "text", text });
      return told;
    },
    showsFile(chatId, name) {
      conversation.shown.push({ order: tell(), at: order, chatId, kind: "file", text: name });
      return told;
    },
    says(chatId, ...texts) {
      for (const text of texts) {
        const ordinal = conversation.spoken.filter((each) => each.chatId === chatId).length + 1;
        const event = { from: { type: "Agent" }, type: "Message", text };
        conversation.spoken.push({ order: tell(), at: order, chatId, ordinal, event });
      }
      return told;
    },
    sends(...texts) {
      for (const text of texts) {
        const id = `out-${conversation.sent.length + 1}`;
        const message = { conversationId: "c1", from: "business", to: "customer", type: "text" as const, text };
        conversation.sent.push({ id, key: id, acceptedAt: tell(), message });
      }
      return told;
    },
    buries(messageId) {
      tell();
      conversation.dead.push({ reason: "rejected", messageId, seq: 1, payload: "" });
      return told;
    },
    refusesReply(ordinal) {
      tell();
      conversation.dead.push({ reason: "reply-rejected", messageId: null, seq: ordinal, payload: "" });
      return told;
    },
  };
  return told;
}
