import { type ChatEvent, type ConversationId, conversationId, type OutboundMessage } from "@dms/protocol";
import { isAgentMessage, isOwnPost } from "@dms/rules";
import { type ConversationHistory, emptyHistory, type History, type SessionFact } from "@dms/testkit";
import type { RespReply } from "./resp-client.ts";

interface KnownSession {
  conversation: ConversationHistory;
  session: SessionFact;
  spoken: number;
}

/** A customer's message as the simulated hub logged it. */
export interface LoggedMessage {
  sequence: number;
  id: string;
  receivedAt: number;
  message: Record<string, unknown>;
}

/** What hub and chat servers of a run know to have happened, as the checkers read it. */
export class Ledger {
  readonly history: History = emptyHistory();
  readonly #channel: string;
  readonly #sessions = new Map<string, KnownSession>();
  readonly #bySequence = new Map<string, ConversationId>();
  #order = 0;

  constructor(channel: string) {
    this.#channel = channel;
  }

  received(logged: LoggedMessage): void {
    const id = conversationId(this.#channel, String(logged.message["conversationId"]));
    this.#bySequence.set(String(logged.sequence), id);
    this.#conversation(id).inbound.push(logged);
  }

  sent(fact: { id: string; key: string; acceptedAt: number; message: OutboundMessage }): void {
    this.#conversation(conversationId(this.#channel, fact.message.conversationId)).sent.push(fact);
  }

  created({ chatId, hubConversationId, at }: { chatId: string; hubConversationId: string; at: number }): void {
    const conversation = this.#conversation(conversationId(this.#channel, hubConversationId));
    const open = { endedOrder: null, endedAt: null, endedBy: "" };
    const session: SessionFact = { chatId, openedOrder: ++this.#order, openedAt: at, ...open };
    conversation.sessions.push(session);
    this.#sessions.set(chatId, { conversation, session, spoken: 0 });
  }

  event(chatId: string, event: ChatEvent, at: number): void {
    const known = this.#sessions.get(chatId);
    if (known === undefined) return;
    const fact = { order: ++this.#order, at, chatId };
    const { conversation } = known;
    conversation.version += 1;
    if (isOwnPost(event)) {
      const kind = event.type === "FileUploaded" ? "file" : "text";
      conversation.shown.push({ ...fact, kind, text: event.text ?? "" });
    } else if (isAgentMessage(event)) conversation.spoken.push({ ...fact, ordinal: ++known.spoken, event });
  }

  ended(chatId: string, endedBy: string, at: number): void {
    const known = this.#sessions.get(chatId);
    if (known === undefined) return;
    known.conversation.version += 1;
    Object.assign(known.session, { endedOrder: ++this.#order, endedAt: at, endedBy });
  }

  /** Takes the dead letters as they are now, in the place of those that were known. */
  dead(rows: readonly string[][]): void {
    for (const conversation of this.history.conversations.values()) {
      if (conversation.dead.length === 0) continue;
      conversation.dead = [];
      conversation.version += 1;
    }
    this.history.deadLetters = rows.length;
    for (const fields of rows) this.#takeDead(fieldsOf(fields));
  }

  #takeDead({ reason = "", conversation = "", seq = "0", payload = "", detail = "" }: Record<string, string>): void {
    const message = reason === "reply-rejected" ? {} : parsed(payload);
    const [, sequence = message["sequence"]] = /^sequence (\d+)$/.exec(detail) ?? [];
    const whole = this.#bySequence.get(String(sequence)) ?? (conversation as ConversationId);
    const id = message["id"];
    const messageId = typeof id === "string" ? id : null;
    this.#conversation(whole).dead.push({ reason, messageId, seq: Number(seq), payload });
  }

  #conversation(id: ConversationId): ConversationHistory {
    const { conversations } = this.history;
    let known = conversations.get(id);
    if (known === undefined) {
      const nothing = { inbound: [], shown: [], sessions: [], spoken: [], sent: [], dead: [] };
      known = { conversation: id, version: 0, ...nothing };
      conversations.set(id, known);
    }
    known.version += 1;
    return known;
  }
}

/** The fields of a stream's rows as XRANGE answers them. */
export function rowsOf(reply: RespReply): string[][] {
  return (reply as [string, string[]][]).map(([, fields]) => fields);
}

function fieldsOf(flat: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let index = 0; index + 1 < flat.length; index += 2) fields[flat[index] ?? ""] = flat[index + 1] ?? "";
  return fields;
}

function parsed(payload: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // A dead letter without a readable payload names no message; it is counted all the same.
    return {};
  }
}
