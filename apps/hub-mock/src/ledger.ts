import type { Media } from "@dms/protocol";
import type { Clock } from "@dms/runtime";
import { ChannelLog } from "./channel-log.ts";
import { IdempotencyKeys } from "./idempotency.ts";
import { Journal } from "./journal.ts";
import type { InboundDraft, LoggedMessage, SentActivity, SentMessage } from "./messages.ts";
import type { ActivityRecord, InboundRecord, JournalRecord, OutboundRecord } from "./records.ts";

export type SendOutcome =
  | { status: "accepted" | "replayed"; id: string; acceptedAt: number }
  | { status: "conflict" }
  | { status: "faulty"; fault: string };

export interface StoredMedia {
  media: Media;
  bytes: Buffer;
}

export interface LedgerOptions {
  clock: Clock;
  channels: readonly string[];
  dataFile?: string | undefined;
  mediaTotalBytesMax: number;
  /** By how much the next sequence grows, 1 or more. */
  nextStep: () => number;
}

/**
 * All that the hub knows, as the sum of its journal's records. Each operation writes its records first and then applies
 * them, without a pause in between: what was answered is in the journal, and what is in the journal is what is answered.
 */
export class Ledger {
  readonly inbound: InboundRecord[] = [];
  readonly outbound: OutboundRecord[] = [];
  readonly activities: ActivityRecord[] = [];
  /** Sends answered from memory, and keys that came again with another body. */
  readonly counts = { replays: 0, conflicts: 0 };
  readonly #options: LedgerOptions;
  readonly #channels = new Map<string, ChannelLog>();
  readonly #keys = new IdempotencyKeys();
  readonly #media = new Map<string, StoredMedia>();
  readonly #lastSent = new Map<string, string>();
  readonly #journal: Journal | undefined;
  readonly #inboundListeners = new Set<(channel: string) => void>();
  readonly #outboundListeners = new Set<(record: OutboundRecord) => void>();
  #mediaBytes = 0;

  constructor(options: LedgerOptions) {
    this.#options = options;
    if (options.dataFile !== undefined) {
      this.#journal = Journal.open(options.dataFile, (record) => this.#apply(record as JournalRecord));
    }
  }

  hasChannel(channel: string): boolean {
    return this.#options.channels.includes(channel);
  }

  /** The channel's log, to be read; it changes through the ledger only. */
  channel(channel: string): Pick<ChannelLog, "newest" | "confirmedUpTo" | "read"> {
    return this.#channel(channel);
  }

  /** Appends messages of customers to the channel's log and tells those who wait for it. */
  receive(channel: string, drafts: readonly InboundDraft[]): LoggedMessage[] {
    const receivedAt = this.#options.clock.wall();
    const sentAt = new Date(receivedAt).toISOString();
    let sequence = this.#channel(channel).newest;
    const messages = drafts.map((draft): LoggedMessage => {
      sequence += this.#options.nextStep();
      return { ...draft, sentAt: draft.sentAt ?? sentAt, sequence, id: `${channel}-in-${sequence}` };
    });
    this.#record(messages.map((message) => ({ record: "inbound", channel, receivedAt, message })));
    for (const listener of this.#inboundListeners) listener(channel);
    return messages;
  }

  confirm(channel: string, upTo: number): void {
    if (upTo > this.#channel(channel).confirmedUpTo) this.#record([{ record: "confirmed", channel, upTo }]);
  }

  /** Accepts a message once per key; `faulty` is one that can be read but not sent, and is not remembered. */
  send(channel: string, idempotencyKey: string, message: SentMessage): SendOutcome {
    const acceptedAt = this.#options.clock.wall();
    const known = this.#keys.recall({ channel, idempotencyKey, body: message }, acceptedAt);
    if (known !== null) {
      this.#record([{ record: known.isSameBody ? "replay" : "conflict" }]);
      return known.isSameBody ? { status: "replayed", ...known } : { status: "conflict" };
    }
    const fault = this.#faultOf(message);
    if (fault !== null) return { status: "faulty", fault };
    const record = { channel, id: `${channel}-out-${this.outbound.length + 1}`, idempotencyKey, acceptedAt, message };
    this.#record([{ record: "outbound", ...record }]);
    for (const listener of this.#outboundListeners) listener(record);
    return { status: "accepted", id: record.id, acceptedAt };
  }

  addActivity(channel: string, activity: SentActivity): void {
    this.#record([{ record: "activity", channel, receivedAt: this.#options.clock.wall(), ...activity }]);
  }

  /** Keeps a file; null when all files together would be more than the mock may hold. */
  storeMedia(file: { mime: string; name?: string | undefined; bytes: Buffer }): Media | null {
    if (this.#mediaBytes + file.bytes.length > this.#options.mediaTotalBytesMax) return null;
    const media: Media = { id: `media-${this.#media.size + 1}`, mime: file.mime, bytes: file.bytes.length };
    if (file.name !== undefined) media.name = file.name;
    this.#record([{ record: "media", media, base64: file.bytes.toString("base64") }]);
    return media;
  }

  media(id: string): StoredMedia | undefined {
    return this.#media.get(id);
  }

  /** Id of the newest message to this conversation's customer. */
  lastSentTo(channel: string, conversationId: string): string | undefined {
    return this.#lastSent.get(`${channel}:${conversationId}`);
  }

  confirmed(): Record<string, number> {
    return Object.fromEntries([...this.#channels].map(([name, log]) => [name, log.confirmedUpTo]));
  }

  onInbound(listener: (channel: string) => void): void {
    this.#inboundListeners.add(listener);
  }

  /** Tells of accepted messages until the answer is called. */
  onOutbound(listener: (record: OutboundRecord) => void): () => void {
    this.#outboundListeners.add(listener);
    return () => this.#outboundListeners.delete(listener);
  }

  close(): void {
    this.#journal?.close();
  }

  #faultOf(message: SentMessage): string | null {
    if (message.type === "text" && !message.text) return "a message of type text needs a text";
    if (message.type === "structured" && message.content === undefined) return "a structured message needs a content";
    if (message.type !== "media") return null;
    if (message.media === undefined || message.media.length === 0) return "a message of type media needs a file";
    const unknown = message.media.find((media) => !this.#media.has(media.id));
    return unknown === undefined ? null : `media ${unknown.id} was never uploaded`;
  }

  #record(records: readonly JournalRecord[]): void {
    this.#journal?.append(records);
    for (const record of records) this.#apply(record);
  }

  #apply(line: JournalRecord): void {
    const { record: kind, ...record } = line;
    if (kind === "inbound") {
      const inbound = record as InboundRecord;
      this.inbound.push(inbound);
      this.#channel(inbound.channel).append(inbound);
    } else if (kind === "outbound") {
      this.#applyOutbound(record as OutboundRecord);
    } else if (kind === "activity") {
      this.activities.push(record as ActivityRecord);
    } else if (line.record === "confirmed") {
      this.#channel(line.channel).confirm(line.upTo);
    } else if (line.record === "media") {
      const bytes = Buffer.from(line.base64, "base64");
      this.#media.set(line.media.id, { media: line.media, bytes });
      this.#mediaBytes += bytes.length;
    } else if (kind === "replay") {
      this.counts.replays += 1;
    } else {
      this.counts.conflicts += 1;
    }
  }

  #applyOutbound(record: OutboundRecord): void {
    this.outbound.push(record);
    this.#keys.remember(record);
    this.#lastSent.set(`${record.channel}:${record.message.conversationId}`, record.id);
  }

  #channel(name: string): ChannelLog {
    let log = this.#channels.get(name);
    if (log === undefined) this.#channels.set(name, (log = new ChannelLog()));
    return log;
  }
}
