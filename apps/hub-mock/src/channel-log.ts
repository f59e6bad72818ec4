import type { InboundRecord } from "./records.ts";
import type { LoggedMessage } from "./messages.ts";

/** One channel's ordered log and how far it is confirmed. Nothing is ever removed: the ledger shows all of it. */
export class ChannelLog {
  readonly #records: { message: LoggedMessage; characters: number }[] = [];
  #confirmedUpTo = 0;

  /** The newest sequence, 0 for an empty log. */
  get newest(): number {
    return this.#records.at(-1)?.message.sequence ?? 0;
  }

  get confirmedUpTo(): number {
    return this.#confirmedUpTo;
  }

  append(record: InboundRecord): void {
    this.#records.push({ message: record.message, characters: JSON.stringify(record.message).length });
  }

  /** Never goes back. */
  confirm(upTo: number): void {
    this.#confirmedUpTo = Math.max(this.#confirmedUpTo, upTo);
  }

  /** Unconfirmed messages with a sequence greater than `after`, oldest first, within both bounds but at least one. */
  read(after: number | undefined, bounds: { limit: number; charactersMax: number }): LoggedMessage[] {
    const start = this.#indexAfter(Math.max(after ?? 0, this.#confirmedUpTo));
    const messages: LoggedMessage[] = [];
    let characters = 0;
    for (const record of this.#records.slice(start, start + bounds.limit)) {
      characters += record.characters;
      if (messages.length > 0 && characters > bounds.charactersMax) break;
      messages.push(record.message);
    }
    return messages;
  }

  #indexAfter(sequence: number): number {
    let low = 0;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const record = this.#records[middle];
      if (record !== undefined && record.message.sequence <= sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
