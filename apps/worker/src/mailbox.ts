import type { Entry } from "@dms/protocol";
import { sortEntry, type Standing } from "@dms/rules";

/** An entry with the number of loads that had begun when it arrived. */
interface Arrival {
  entry: Entry;
  loads: number;
}

/** What sorting found besides what is now held. */
export interface Sorted {
  /** Entries that need the record read again; they stay where they are. */
  needsLoad: boolean;
  forward: Entry[];
  delete: Entry[];
  /** Entries that were in hand already, read once more. */
  repeated: number;
}

/** One conversation's entries in hand: arrived and not compared yet, or held for their turn in `seq` order. (I3) */
export class Mailbox {
  #arrivals: Arrival[] = [];
  readonly #held = new Map<number, Entry>();

  arrive(entry: Entry, loads: number): void {
    this.#arrivals.push({ entry, loads });
  }

  get size(): number {
    return this.#arrivals.length + this.#held.size;
  }

  get hasArrivals(): boolean {
    return this.#arrivals.length > 0;
  }

  /** The takeover that came under this grant and waits to be compared. */
  takeover(grant: string): Entry | undefined {
    return this.#arrivals.find(({ entry }) => entry.kind === "takeover" && entry.grant === grant)?.entry;
  }

  /** One of the oldest entries in hand: the head where its number is known, else the first that came. */
  oldest(head: number): Entry | undefined {
    const messages = this.#arrivals.find(({ entry }) => entry.kind === "message");
    return this.#held.get(head) ?? this.#held.values().next().value ?? messages?.entry;
  }

  /** Compares what has arrived with the record; `loads` is the number of the load that read it. */
  sort(standing: Standing, loads: number): Sorted {
    const sorted: Sorted = { needsLoad: false, forward: [], delete: [], repeated: 0 };
    const waiting: Arrival[] = [];
    for (const arrival of this.#arrivals) {
      const where = sortEntry(arrival.entry, standing, arrival.loads < loads);
      if (where === "load") {
        sorted.needsLoad = true;
        waiting.push(arrival);
      } else if (where === "hold") this.#hold(arrival.entry, sorted);
      else sorted[where].push(arrival.entry);
    }
    this.#arrivals = waiting;
    return sorted;
  }

  #hold(entry: Entry, sorted: Sorted): void {
    const known = this.#held.get(entry.seq);
    if (known?.entryId === entry.entryId) sorted.repeated++;
    else if (known !== undefined) sorted.delete.push(known);
    this.#held.set(entry.seq, entry);
  }

  /** Compares held entries with a record that was read again: what is no longer ahead of it goes back to be sorted. */
  restack(loads: number): void {
    for (const entry of this.#held.values()) this.#arrivals.push({ entry, loads: loads - 1 });
    this.#held.clear();
  }

  at(seq: number): Entry | undefined {
    return this.#held.get(seq);
  }

  remove(seq: number): void {
    this.#held.delete(seq);
  }

  /** Everything in hand, to be looked at again by whoever holds the conversation now. */
  takeAll(): Entry[] {
    const all = [...this.#arrivals.map(({ entry }) => entry), ...this.#held.values()];
    this.#arrivals = [];
    this.#held.clear();
    return all;
  }
}
