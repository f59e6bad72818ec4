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

const nothing: readonly never[] = [];

/** One conversation's entries in hand: arrived and not compared yet, or held for their turn in `seq` order. (I3) */
export class Mailbox {
  /** Empty mailboxes share one list: most conversations are idle, and there are many. */
  #arrivals: readonly Arrival[] = nothing;
  /** In `seq` order. */
  #held: readonly Entry[] = nothing;

  arrive(entry: Entry, loads: number): void {
    this.#arrivals = added(this.#arrivals, { entry, loads });
  }

  /**
   * Holds an entry at once when it can be nothing but the next in line under the grant in hand, as almost every one is;
   * answers false when it must be compared.
   */
  hold(entry: Entry, standing: Standing | null): boolean {
    if (standing === null || entry.kind !== "message" || entry.seq <= standing.done) return false;
    if (entry.life !== standing.life || entry.grant !== standing.grant) return false;
    const last = this.#held.at(-1);
    if (last !== undefined && last.seq >= entry.seq) return false;
    this.#held = added(this.#held, entry);
    return true;
  }

  get size(): number {
    return this.#arrivals.length + this.#held.length;
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
    return this.at(head) ?? this.#held[0] ?? this.#arrivals.find(({ entry }) => entry.kind === "message")?.entry;
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
    this.#arrivals = waiting.length === 0 ? nothing : waiting;
    return sorted;
  }

  #hold(entry: Entry, sorted: Sorted): void {
    const at = this.#held.findIndex(({ seq }) => seq >= entry.seq);
    const known = this.#held[at];
    if (known?.seq !== entry.seq) {
      this.#held = this.#held.toSpliced(at < 0 ? this.#held.length : at, 0, entry);
      return;
    }
    if (known.entryId === entry.entryId) sorted.repeated++;
    else sorted.delete.push(known);
    this.#held = this.#held.with(at, entry);
  }

  /** Compares held entries with a record that was read again: what is no longer ahead of it goes back to be sorted. */
  restack(loads: number): void {
    if (this.#held.length === 0) return;
    this.#arrivals = [...this.#arrivals, ...this.#held.map((entry) => ({ entry, loads: loads - 1 }))];
    this.#held = nothing;
  }

  at(seq: number): Entry | undefined {
    const [first] = this.#held;
    return first === undefined || first.seq === seq ? first : this.#held.find((entry) => entry.seq === seq);
  }

  remove(seq: number): void {
    if (this.#held.length === 1 && this.#held[0]?.seq === seq) this.#held = nothing;
    else if (this.#held[0]?.seq === seq) (this.#held as Entry[]).shift();
    else this.#held = this.#held.filter((entry) => entry.seq !== seq);
  }

  /** Everything in hand, to be looked at again by whoever holds the conversation now. */
  takeAll(): Entry[] {
    const all = [...this.#arrivals.map(({ entry }) => entry), ...this.#held];
    this.#arrivals = nothing;
    this.#held = nothing;
    return all;
  }
}

/** The list with one more; only a list that is shared is copied. */
function added<T>(list: readonly T[], one: T): readonly T[] {
  if (list.length === 0) return [one];
  (list as T[]).push(one);
  return list;
}
