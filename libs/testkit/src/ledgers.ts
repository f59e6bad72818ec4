import { type ChatEvent, type ConversationId, conversationId } from "@dms/protocol";
import { isAgentMessage, isOwnPost } from "@dms/rules";
import { type ChatAdmin, type ChatLedgerRow, firstAnswering } from "./chat-admin.ts";
import {
  type ConversationHistory,
  conversationIn,
  emptyHistory,
  epochOf,
  type History,
  type SessionFact,
} from "./history.ts";
import type { HubAdmin, HubLedger } from "./hub-admin.ts";
import type { DeadLetterRow, RedisView } from "./redis-view.ts";

/** Where the truth is. Of the chat servers any one that answers is asked: they share their ledger. */
export interface LedgerSources {
  hub: HubAdmin;
  chats: readonly ChatAdmin[];
  redis: RedisView;
  /** The hub's channels; the first one is that of sessions which do not say theirs. */
  channels: readonly string[];
}

interface KnownSession {
  conversation: ConversationHistory;
  session: SessionFact;
  spoken: number;
}

const rowsMax = 5000;
const nothing = 999_999_999;

/**
 * Reads the ledgers step by step into one history.
 * What is marked as processed is looked at first. Effects are read before their causes (replies before what agents said,
 * posts before messages), dead letters and changes of owner last: so what is seen has its reason in the same reading, and
 * nothing looks invented that is only new.
 */
export class Ledgers {
  readonly history: History = emptyHistory();
  readonly #sources: LedgerSources;
  readonly #sessions = new Map<string, KnownSession>();
  readonly #bySequence = new Map<string, ConversationId>();
  /** Messages, by channel and sequence, that somebody may still be given. */
  readonly #unprocessed = new Map<string, { channel: string; sequence: number; id: string; whole: ConversationId }>();
  #next = { inbound: 0, outbound: 0, chat: 0 };
  #order = 0;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(sources: LedgerSources) {
    this.#sources = sources;
  }

  /**
   * Takes in what is new. Throws when a source does not answer; what was read until then counts. Who asks while another
   * reads comes after: two readers at one place would take the same rows twice.
   */
  read(): Promise<History> {
    const reading = this.#reading.then(() => this.#readOn());
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  async #readOn(): Promise<History> {
    const { hub, chats } = this.#sources;
    const isProcessed = await this.#lookForProcessed();
    await this.#readAll(async () => {
      const ledger = await hub.ledger({ inbound: nothing, outbound: this.#next.outbound, limit: rowsMax });
      this.#takeOutbound(ledger);
      return ledger.outbound.length;
    });
    await this.#readAll(async () => {
      const { events, next } = await firstAnswering(chats, (chat) => chat.ledger(this.#next.chat, rowsMax));
      for (const row of events) this.#takeChatRow(row);
      this.#next.chat = next;
      return events.length;
    });
    await this.#readAll(async () => {
      const ledger = await hub.ledger({ inbound: this.#next.inbound, outbound: nothing, limit: rowsMax });
      this.#takeInbound(ledger);
      return ledger.inbound.length;
    });
    await this.#readDead();
    await this.#readJournal();
    this.#takeProcessed(isProcessed);
    this.history.readAt = Date.now();
    return this.history;
  }

  async #readAll(step: () => Promise<number>): Promise<void> {
    while ((await step()) === rowsMax);
  }

  #conversation(id: ConversationId): ConversationHistory {
    const conversation = conversationIn(this.history, id);
    conversation.version += 1;
    return conversation;
  }

  #takeOutbound({ outbound, replays, conflicts }: HubLedger): void {
    Object.assign(this.history, { replays, conflicts });
    for (const { channel, conversationId: hubId, id, idempotencyKey, acceptedAt, message } of outbound) {
      const { sent } = this.#conversation(conversationId(channel, hubId));
      sent.push({ id, key: idempotencyKey, acceptedAt, message });
    }
    this.#next.outbound += outbound.length;
  }

  #takeInbound({ inbound }: HubLedger): void {
    for (const { channel, conversationId: hubId, sequence, id, receivedAt, message } of inbound) {
      const whole = conversationId(channel, hubId);
      this.#bySequence.set(`${channel}:${sequence}`, whole);
      this.#unprocessed.set(`${channel}:${sequence}`, { channel, sequence, id, whole });
      this.#conversation(whole).inbound.push({ sequence, id, receivedAt, message });
    }
    this.#next.inbound += inbound.length;
  }

  #takeChatRow(row: ChatLedgerRow): void {
    const order = ++this.#order;
    if (row.kind === "created") return this.#takeCreation(row, order);
    const known = this.#sessions.get(row.chatId);
    if (known === undefined) return;
    known.conversation.version += 1;
    takeEffect(known.conversation, row, order);
    if (row.kind === "ended") {
      Object.assign(known.session, { endedOrder: order, endedAt: row.at, endedBy: row.endedBy ?? "" });
    } else if (row.event !== undefined) takeEvent(known, row.event, { order, at: row.at, chatId: row.chatId });
  }

  #takeCreation(row: ChatLedgerRow, order: number): void {
    const { chatId, conversation, at, userData } = row;
    const [first = ""] = this.#sources.channels;
    const channel = userData?.["_umsChannel"]?.replace(/^channel-/, "") ?? first;
    const whole = this.#conversation(conversationId(channel, conversation ?? `chat ${chatId}`));
    const open = { endedOrder: null, endedAt: null, endedBy: "" };
    const session: SessionFact = { chatId, openedOrder: order, openedAt: at, ...open };
    whole.sessions.push(session);
    takeEffect(whole, row, order);
    this.#sessions.set(chatId, { conversation: whole, session, spoken: 0 });
  }

  /** First what is confirmed, then what inboxes hold: what is confirmed and in none of them then is processed. */
  async #lookForProcessed(): Promise<(channel: string, sequence: number) => boolean> {
    const { confirmed } = await this.#sources.hub.ledger({ inbound: nothing, outbound: nothing, limit: 1 });
    // While Redis is down nothing can be said; the other ledgers are read all the same.
    const held = await this.#sources.redis.unsettled().catch(() => null);
    if (held === null) return () => false;
    return (channel, sequence) => sequence <= (confirmed[channel] ?? 0) && !held.has(`${channel}:${sequence}`);
  }

  #takeProcessed(isProcessed: (channel: string, sequence: number) => boolean): void {
    const order = ++this.#order;
    for (const [name, { channel, sequence, id, whole }] of this.#unprocessed) {
      if (!isProcessed(channel, sequence)) continue;
      this.#unprocessed.delete(name);
      this.#conversation(whole).processed.push({ order, messageId: id });
    }
  }

  async #readJournal(): Promise<void> {
    const { isWhole, rows } = await this.#sources.redis.journal();
    this.history.isJournalWhole = isWhole;
    for (const { partition, at, fields } of rows) {
      const { event = "", cause = "", conversation = "", from = "", to = "", grant = "" } = fields;
      if (event === "evicted") this.history.evictions.push({ at, partition, member: from, cause });
      if (event !== "placed" && event !== "moved") continue;
      const { moves } = this.#conversation(conversation as ConversationId);
      moves.push({ at, event, cause, from, to, grant, epoch: epochOf(grant) });
    }
  }

  async #readDead(): Promise<void> {
    const { isAnew, rows } = await this.#sources.redis.deadLetters();
    if (isAnew) this.#forgetDead();
    this.history.deadLetters += rows.length;
    for (const row of rows) this.#takeDead(row);
  }

  #forgetDead(): void {
    this.history.deadLetters = 0;
    for (const conversation of this.history.conversations.values()) {
      if (conversation.dead.length === 0) continue;
      conversation.dead = [];
      conversation.version += 1;
    }
  }

  #takeDead({ fields: { reason = "", conversation = "", seq = "0", payload = "", detail = "" } }: DeadLetterRow): void {
    const message = reason === "reply-rejected" ? {} : parsed(payload);
    const [, sequence = message["sequence"]] = /^sequence (\d+)$/.exec(detail) ?? [];
    const channel = conversation.slice(0, conversation.indexOf(":"));
    // What the cluster could not read names no conversation, but the hub knows whose it is.
    const whole = this.#bySequence.get(`${channel}:${String(sequence)}`) ?? (conversation as ConversationId);
    const id = message["id"];
    const messageId = typeof id === "string" ? id : null;
    this.#conversation(whole).dead.push({ reason, messageId, seq: Number(seq), payload });
  }
}

function takeEvent(known: KnownSession, event: ChatEvent, at: { order: number; at: number; chatId: string }): void {
  const { shown, spoken } = known.conversation;
  if (isOwnPost(event)) {
    shown.push({ ...at, kind: event.type === "FileUploaded" ? "file" : "text", text: event.text ?? "" });
  } else if (isAgentMessage(event)) spoken.push({ ...at, ordinal: ++known.spoken, event });
}

const effectKinds = { created: "create", event: "post", ended: "disconnect" } as const;

/** What is done in nobody's name is the chat server's or an agent's own doing. */
function takeEffect(
  conversation: ConversationHistory,
  { kind, at, chatId, caller }: ChatLedgerRow,
  order: number,
): void {
  if (caller === undefined) return;
  const { member, grant } = caller;
  conversation.effects.push({ order, at, kind: effectKinds[kind], chatId, member, grant, epoch: epochOf(grant) });
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
