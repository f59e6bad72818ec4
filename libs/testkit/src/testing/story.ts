import { conversationId } from "@dms/protocol";
import {
  type ConversationHistory,
  conversationIn,
  type DeedFact,
  type EffectFact,
  emptyHistory,
  epochOf,
  type History,
} from "../history.ts";

const parties = { from: { id: "customer" }, to: { id: "business" }, sentAt: "2026-01-01T00:00:00Z" };

/** A history written by hand, one conversation of it, in the order of the calls; each fact takes one millisecond. */
export class Story {
  readonly history: History;
  readonly conversation: ConversationHistory;

  constructor(history = emptyHistory(), hubId = "c1") {
    this.history = history;
    this.conversation = conversationIn(history, conversationId("whatsapp", hubId));
  }

  /** When the last fact happened. */
  get now(): number {
    return this.history.readAt;
  }

  #tell(): number {
    this.conversation.version += 1;
    return ++this.history.readAt;
  }

  /** Lets time pass. */
  waits(ms: number): this {
    this.history.readAt += ms;
    return this;
  }

  /** Goes on with another conversation of the same history. */
  other(hubId: string): Story {
    return new Story(this.history, hubId);
  }

  /** A customer writes; the message's id is `m<sequence>`. */
  receives(...texts: string[]): this {
    for (const text of texts) this.receivesMessage({ type: "text", text });
    return this;
  }

  /** A customer's message of any form. */
  receivesMessage(message: Record<string, unknown>): this {
    const sequence = this.conversation.inbound.length + 1;
    const whole = { sequence, id: `m${sequence}`, conversationId: "c1", ...parties, ...message };
    this.conversation.inbound.push({ sequence, id: whole.id, receivedAt: this.#tell(), message: whole });
    return this;
  }

  opens(chatId: string): this {
    const at = this.#tell();
    const open = { endedOrder: null, endedAt: null, endedBy: "" };
    this.conversation.sessions.push({ chatId, openedOrder: at, openedAt: at, ...open });
    return this;
  }

  ends(chatId: string): this {
    const at = this.#tell();
    const session = this.conversation.sessions.find((each) => each.chatId === chatId);
    if (session !== undefined) Object.assign(session, { endedOrder: at, endedAt: at, endedBy: "agent" });
    return this;
  }

  shows(chatId: string, ...texts: string[]): this {
    for (const text of texts) this.#shows(chatId, { kind: "text", text });
    return this;
  }

  showsFile(chatId: string, name: string): this {
    return this.#shows(chatId, { kind: "file", text: name });
  }

  #shows(chatId: string, post: { kind: "text" | "file"; text: string }): this {
    const at = this.#tell();
    this.conversation.shown.push({ order: at, at, chatId, ...post });
    return this;
  }

  says(chatId: string, ...texts: string[]): this {
    const { spoken } = this.conversation;
    for (const text of texts) {
      const ordinal = spoken.filter((each) => each.chatId === chatId).length + 1;
      const at = this.#tell();
      spoken.push({ order: at, at, chatId, ordinal, event: { from: { type: "Agent" }, type: "Message", text } });
    }
    return this;
  }

  /** The hub accepts a text for the customer. */
  sends(...texts: string[]): this {
    for (const text of texts) {
      const id = `out-${this.conversation.sent.length + 1}`;
      const message = { conversationId: "c1", from: "business", to: "customer", type: "text" as const, text };
      this.conversation.sent.push({ id, key: id, acceptedAt: this.#tell(), message });
    }
    return this;
  }

  buries(messageId: string): this {
    this.#tell();
    this.conversation.dead.push({ reason: "rejected", messageId, seq: 1, payload: "" });
    return this;
  }

  refusesReply(ordinal: number): this {
    this.#tell();
    this.conversation.dead.push({ reason: "reply-rejected", messageId: null, seq: ordinal, payload: "" });
    return this;
  }

  /** The journal's row of a first placement, or of a move from the last owner. */
  gives(member: string, grant: string, cause?: string): this {
    const from = this.conversation.moves.at(-1)?.to ?? "";
    const event = from === "" ? "placed" : "moved";
    const why = cause ?? (from === "" ? "new" : "drain");
    this.conversation.moves.push({
      at: this.#tell(),
      event,
      cause: why,
      from,
      to: member,
      grant,
      epoch: epochOf(grant),
    });
    return this;
  }

  /** The chat server executes an effect in somebody's name; that a post is seen, `shows` tells. */
  acts(member: string, grant: string, effect: { kind: EffectFact["kind"]; chatId: string }): this {
    const at = this.#tell();
    this.conversation.effects.push({ order: at, at, member, grant, epoch: epochOf(grant), ...effect });
    return this;
  }

  /** A look finds the message confirmed and in no inbox. */
  processes(messageId: string): this {
    this.conversation.processed.push({ order: this.#tell(), messageId });
    return this;
  }

  /** A leader takes a member out of the partition. */
  evicts(member: string, cause: string): this {
    this.history.evictions.push({ at: this.#tell(), partition: 0, member, cause });
    return this;
  }

  /** Somebody does something to a worker, or to what `deed` names; it is over at once unless it says until when. */
  suffers(kind: DeedFact["kind"], deed: Partial<DeedFact> = {}): this {
    const at = this.#tell();
    this.history.deeds.push({ kind, target: "worker", name: "w", member: "", at, endedAt: at, ...deed });
    return this;
  }
}

/** Begins a history with one conversation. */
export function story(): Story {
  return new Story();
}
