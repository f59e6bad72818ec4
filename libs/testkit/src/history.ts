import type { ChatEvent, ConversationId, OutboundMessage } from "@dms/protocol";

/** A customer's message as the hub's ledger has it. `message` may break the contract: tests put in such ones. */
export interface InboundFact {
  sequence: number;
  id: string;
  receivedAt: number;
  message: unknown;
}

/** A post of the customer's side in a transcript. `order` is its place in the one total order of the chat servers. */
export interface ShownFact {
  order: number;
  at: number;
  chatId: string;
  kind: "text" | "file";
  /** What was written, or the file's name. */
  text: string;
}

/** A chat session; `endedOrder` and `endedAt` are null while it is open. */
export interface SessionFact {
  chatId: string;
  openedOrder: number;
  openedAt: number;
  endedOrder: number | null;
  endedAt: number | null;
  endedBy: string;
}

/** What an agent said, with its place among the agent's messages of its session, from 1. */
export interface SpokenFact {
  order: number;
  at: number;
  chatId: string;
  ordinal: number;
  event: ChatEvent;
}

/** A message that the hub accepted for the customer. */
export interface SentFact {
  id: string;
  key: string;
  acceptedAt: number;
  message: OutboundMessage;
}

/** A dead letter. `messageId` is null where its payload no longer names a message; `seq` is an ordinal for a reply. */
export interface DeadFact {
  reason: string;
  messageId: string | null;
  seq: number;
  payload: string;
}

/** All that the ledgers tell about one conversation, each list in the order in which it happened. */
export interface ConversationHistory {
  conversation: ConversationId;
  /** Grows with every fact, so that an unchanged conversation need not be judged again. */
  version: number;
  inbound: InboundFact[];
  shown: ShownFact[];
  sessions: SessionFact[];
  spoken: SpokenFact[];
  sent: SentFact[];
  dead: DeadFact[];
}

/** What hub and chat servers know to have happened, whatever the cluster believes. */
export interface History {
  conversations: Map<ConversationId, ConversationHistory>;
  /** Keys that came to the hub again: with the same body, and with another one. */
  replays: number;
  conflicts: number;
  /** Dead letters in all, those of no known conversation included. */
  deadLetters: number;
  /** Wall clock of the last look at the ledgers. */
  readAt: number;
}

export function emptyHistory(): History {
  return { conversations: new Map(), replays: 0, conflicts: 0, deadLetters: 0, readAt: 0 };
}

/** The conversation's part of the history, made when it is not there. */
export function conversationIn(history: History, conversation: ConversationId): ConversationHistory {
  let known = history.conversations.get(conversation);
  if (known === undefined) {
    known = { conversation, version: 0, inbound: [], shown: [], sessions: [], spoken: [], sent: [], dead: [] };
    history.conversations.set(conversation, known);
  }
  return known;
}
