import type { Entry } from "@dms/protocol";
import { redisFailed } from "@dms/runtime";
import type { DeskContext } from "./ports.ts";

/** How long one read waits for entries; also how late a changed set of cursors is noticed. Milliseconds. */
const blockMs = 1000;
const failurePauseMs = 100;
/** Pause while the mailboxes are full, and the entries that are read all the same so that a head behind them is found. */
const fullPauseMs = 200;
const fullReadCount = 50;

const beginning = "0-0";
/** Least number of entries that one inbox gives in a read, however many inboxes there are. */
const shareMin = 16;

/**
 * One read takes so many entries of each inbox. All of a read's entries are worked on before the process looks at anything
 * else, its own beats included: with 500 of each of 8 inboxes a slow machine lost its lease.
 */
function shareOf(count: number, inboxes: number): number {
  return Math.max(shareMin, Math.ceil(count / inboxes));
}

/**
 * Reads the member's inboxes for as long as its lease lasts. Every reset starts all of them from the beginning: cursors
 * are of the server that was lost (A11).
 */
export class InboxLoop {
  readonly #context: DeskContext;
  readonly #receive: (entries: Entry[]) => void;
  readonly #isFull: () => boolean;
  #cursors: Map<number, string>;
  #generation = 0;

  constructor(context: DeskContext, desk: { receive(entries: Entry[]): void; isFull(): boolean }) {
    this.#context = context;
    this.#receive = (entries) => desk.receive(entries);
    this.#isFull = () => desk.isFull();
    this.#cursors = this.#fromBeginning();
  }

  /** Forgets all positions. */
  restart(): void {
    this.#generation++;
    this.#cursors = this.#fromBeginning();
  }

  /** Reads until the lease ends. */
  async run(): Promise<void> {
    const { lease, clock, bounds } = this.#context;
    while (!lease.ended.aborted) {
      if (this.#isFull()) await clock.sleep(fullPauseMs, lease.ended);
      await this.#readOnce(this.#isFull() ? fullReadCount : shareOf(bounds.readCount, this.#cursors.size));
    }
  }

  async #readOnce(count: number): Promise<void> {
    const { inbox, member, lease, clock, emit } = this.#context;
    const generation = this.#generation;
    try {
      const entries = await inbox.read(member, this.#cursors, { count, blockMs });
      if (lease.ended.aborted || generation !== this.#generation) return;
      for (const entry of entries) this.#cursors.set(entry.partition, entry.entryId);
      this.#receive(entries);
      emit({ type: "inbox-read", entries: entries.length });
    } catch (caught) {
      emit(redisFailed("read", caught));
      await clock.sleep(failurePauseMs, lease.ended);
    }
  }

  #fromBeginning(): Map<number, string> {
    return new Map(Array.from({ length: this.#context.partitionCount }, (_, p) => [p, beginning]));
  }
}
