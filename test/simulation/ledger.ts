import { type ChatEvent, type ConversationId, conversationId, type OutboundMessage } from "@dms/protocol";
import { type Authority, isAgentMessage, isOwnPost } from "@dms/rules";
import {
  conversationIn,
  type ConversationHistory,
  emptyHistory,
  epochOf,
  type History,
  pendingMessages,
  type SessionFact,
} from "@dms/testkit";

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

/** A row of a stream as XRANGE answers it. */
export type StreamRow = [id: string, flat: string[]];

/** What hub and chat servers of a run know to have happened, as the checkers read it. */
export class Ledger {
  readonly history: History = emptyHistory();
  readonly #channel: string;
  readonly #sessions = new Map<string, KnownSession>();
  readonly #bySequence = new Map<string, ConversationId>();
  readonly #journaled = new Set<string>();
  readonly #unprocessed = new Map<number, { id: string; conversation: ConversationId }>();
  /** Messages whose entries an operator deleted, by conversation and number; numbers begin anew in each life of a conversation. */
  readonly #destroyed = new Map<string, Record<string, unknown>[]>();
  #order = 0;

  constructor(channel: string) {
    this.#channel = channel;
  }

  received(logged: LoggedMessage): void {
    const id = conversationId(this.#channel, String(logged.message["conversationId"]));
    this.#bySequence.set(String(logged.sequence), id);
    this.#unprocessed.set(logged.sequence, { id: logged.id, conversation: id });
    this.#conversation(id).inbound.push(logged);
  }

  sent(fact: { id: string; key: string; acceptedAt: number; message: OutboundMessage }): void {
    this.#conversation(conversationId(this.#channel, fact.message.conversationId)).sent.push(fact);
  }

  created(creation: { chatId: string; hubConversationId: string; at: number }, authority: Authority): void {
    const { chatId, at } = creation;
    const conversation = this.#conversation(conversationId(this.#channel, creation.hubConversationId));
    const open = { endedOrder: null, endedAt: null, endedBy: "" };
    const session: SessionFact = { chatId, openedOrder: ++this.#order, openedAt: at, ...open };
    conversation.sessions.push(session);
    const known = { conversation, session, spoken: 0 };
    this.#sessions.set(chatId, known);
    this.#effect(known, { kind: "create", at, authority });
  }

  /** An event of a transcript; an own post in the name of its `authority`. */
  event(chatId: string, event: ChatEvent, by: { at: number; authority: Authority | null }): void {
    const known = this.#sessions.get(chatId);
    if (known === undefined) return;
    const { conversation } = known;
    const fact = { order: ++this.#order, at: by.at, chatId };
    conversation.version += 1;
    if (isOwnPost(event)) {
      const kind = event.type === "FileUploaded" ? "file" : "text";
      conversation.shown.push({ ...fact, kind, text: event.text ?? "" });
      this.#effect(known, { kind: "post", ...by });
    } else if (isAgentMessage(event)) conversation.spoken.push({ ...fact, ordinal: ++known.spoken, event });
  }

  ended(chatId: string, endedBy: string, by: { at: number; authority: Authority | null }): void {
    const known = this.#sessions.get(chatId);
    if (known === undefined) return;
    known.conversation.version += 1;
    Object.assign(known.session, { endedOrder: ++this.#order, endedAt: by.at, endedBy });
    this.#effect(known, { kind: "disconnect", ...by });
  }

  /** An entry that an operator deleted: what is buried as missing in its place is this message. */
  destroyed(header: string, payload: string): void {
    const [, seq = "", , , ...conversation] = header.split(" ");
    const place = `${conversation.join(" ")} ${seq}`;
    const message = parsed(payload);
    this.#destroyed.set(place, [...(this.#destroyed.get(place) ?? []), message]);
    this.#unprocessed.delete(Number(message["sequence"]));
  }

  /** Whether an operator deleted the entry of that number. */
  isDestroyed(conversation: ConversationId, seq: number): boolean {
    return this.#destroyed.has(`${conversation} ${seq}`);
  }

  /** Takes the dead letters as they are now, in the place of those that were known. */
  dead(rows: readonly StreamRow[]): void {
    for (const conversation of this.history.conversations.values()) {
      if (conversation.dead.length === 0) continue;
      conversation.dead = [];
      conversation.version += 1;
    }
    this.history.deadLetters = rows.length;
    const letters = rows.map(([, flat]) => fieldsOf(flat));
    const accounted = new Set(letters.map(({ payload = "" }) => parsed(payload)["id"]));
    for (const letter of letters) this.#takeDead(letter, accounted);
  }

  /** Takes what is new in a partition's journal; what a lost tail takes away did happen. */
  journal(partition: number, rows: readonly StreamRow[]): void {
    for (const [id, flat] of rows) {
      const { event = "", cause = "", conversation = "", from = "", to = "", grant = "" } = fieldsOf(flat);
      const name = `${partition} ${id} ${event} ${grant} ${from}`;
      if (this.#journaled.has(name)) continue;
      this.#journaled.add(name);
      const at = Number(id.slice(0, id.indexOf("-")));
      if (event === "evicted") this.history.evictions.push({ at, partition, member: from, cause });
      if (event !== "placed" && event !== "moved") continue;
      const { moves } = this.#conversation(conversation as ConversationId);
      moves.push({ at, event, cause, from, to, grant, epoch: epochOf(grant) });
    }
  }

  /** Whether anybody could still be seen to be processed: else a look need not be made. */
  get hasUnprocessed(): boolean {
    return this.#unprocessed.size > 0;
  }

  /** What is confirmed and in no inbox, at one instant, nobody will be given again. */
  processed(confirmedUpTo: number, held: ReadonlySet<number>): void {
    const order = ++this.#order;
    for (const [sequence, { id, conversation }] of this.#unprocessed) {
      if (sequence > confirmedUpTo || held.has(sequence)) continue;
      this.#unprocessed.delete(sequence);
      this.#conversation(conversation).processed.push({ order, messageId: id });
    }
  }

  #effect(
    { conversation, session }: KnownSession,
    { kind, at, authority }: { kind: "create" | "post" | "disconnect"; at: number; authority: Authority | null },
  ): void {
    if (authority === null) return;
    const { member, grant } = authority;
    const { chatId } = session;
    conversation.effects.push({ order: this.#order, at, kind, chatId, member, grant, epoch: epochOf(grant) });
  }

  /** `accounted`: ids of messages that some letter names; what an operator deleted is named by the first letter without payload. */
  #takeDead(
    { reason = "", conversation = "", seq = "0", payload = "", detail = "" }: Record<string, string>,
    accounted: Set<unknown>,
  ): void {
    const lost = (payload === "" ? this.#destroyed.get(`${conversation} ${seq}`) : undefined) ?? [];
    const open = lost.filter(({ id }) => !accounted.has(id));
    // What was deleted may have been shown before: then the letter only says that its row is gone.
    const unseen =
      open.length === 0 ? [] : pendingMessages({ ...this.#conversation(conversation as ConversationId), dead: [] });
    const destroyed = open.find((message) => unseen.includes(String(message["id"])));
    if (destroyed !== undefined) accounted.add(destroyed["id"]);
    const message = reason === "reply-rejected" ? {} : (destroyed ?? parsed(payload));
    const [, sequence = message["sequence"]] = /^sequence (\d+)$/.exec(detail) ?? [];
    const whole = this.#conversation(this.#bySequence.get(String(sequence)) ?? (conversation as ConversationId));
    const id = message["id"];
    whole.dead.push({ reason, messageId: typeof id === "string" ? id : null, seq: Number(seq), payload });
  }

  #conversation(id: ConversationId): ConversationHistory {
    const conversation = conversationIn(this.history, id);
    conversation.version += 1;
    return conversation;
  }
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
