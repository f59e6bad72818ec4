import type { ConversationId } from "@dms/protocol";
import type { Settlement } from "@dms/rules";
import type { DeskContext } from "./ports.ts";
import { untilAnswered } from "./redis-retry.ts";

interface Queue {
  waiting: Map<ConversationId, Settlement>;
  /** Settlements of the call under way. */
  sent: Map<ConversationId, Settlement>;
  isRunning: boolean;
  /** Grows with every reset; what was sent before is not sent again. */
  generation: number;
}

/** Told of a settlement that was refused; its entries still lie in the inbox. */
export type Refusal = (partition: number, settlement: Settlement, status: "stale" | "gone") => void;

/** Entries that one call deletes at most; keeps a script's arguments bounded. */
const entriesPerCallMax = 1000;

/**
 * Gathers settlements and sends them in batches, one call at a time per partition: an idle system settles at once, a busy
 * one fills the next batch while the last is under way.
 */
export class Settler {
  readonly #context: DeskContext;
  readonly #queues = new Map<number, Queue>();
  readonly #onRefused: Refusal;
  #flushed: (() => void)[] = [];

  constructor(context: DeskContext, onRefused: Refusal) {
    this.#context = context;
    this.#onRefused = onRefused;
  }

  /** Adds to what will be settled of a conversation; counts are absolute, so the last ones stand. */
  settle(partition: number, settlement: Settlement): void {
    const queue = this.#queue(partition);
    const before = queue.waiting.get(settlement.conversation);
    if (before?.grant === settlement.grant) {
      before.done = settlement.done;
      before.session = settlement.session;
      before.entryIds.push(...settlement.entryIds);
    } else queue.waiting.set(settlement.conversation, settlement);
    if (!queue.isRunning) {
      queue.isRunning = true;
      void this.#drainQueue(partition, queue);
    }
  }

  /**
   * Forgets what is not answered: after a reset the server may be another, which has lost messages that these settlements
   * count. What they would have deleted is read again. (A11)
   */
  forget(partition: number): void {
    const queue = this.#queue(partition);
    queue.waiting.clear();
    queue.generation++;
    this.#wakeFlushed();
  }

  /** Resolves when nothing of the conversation is waiting or under way. */
  async flush(partition: number, conversation: ConversationId): Promise<void> {
    const queue = this.#queue(partition);
    while (queue.waiting.has(conversation) || queue.sent.has(conversation)) {
      await new Promise<void>((resolve) => this.#flushed.push(resolve));
    }
  }

  #queue(partition: number): Queue {
    let queue = this.#queues.get(partition);
    if (!queue) {
      queue = { waiting: new Map(), sent: new Map(), isRunning: false, generation: 0 };
      this.#queues.set(partition, queue);
    }
    return queue;
  }

  async #drainQueue(partition: number, queue: Queue): Promise<void> {
    const { clock, bounds } = this.#context;
    // Lets conversations that became ready in the same moment share the first batch.
    await Promise.resolve();
    while (queue.waiting.size > 0) {
      queue.sent = this.#takeBatch(queue);
      const batch = [...queue.sent.values()];
      const statuses = await this.#send(partition, batch, queue);
      queue.sent = new Map();
      statuses?.forEach((status, i) => {
        const settlement = batch[i];
        if (status !== "ok" && settlement !== undefined) this.#onRefused(partition, settlement, status);
      });
      this.#wakeFlushed();
      if (queue.waiting.size > 0 && queue.waiting.size < 8) await clock.sleep(bounds.settleLingerMs);
    }
    queue.isRunning = false;
  }

  #takeBatch(queue: Queue): Map<ConversationId, Settlement> {
    const batch = new Map<ConversationId, Settlement>();
    let entries = 0;
    for (const [conversation, settlement] of queue.waiting) {
      if (entries > 0 && entries + settlement.entryIds.length > entriesPerCallMax) break;
      entries += settlement.entryIds.length;
      batch.set(conversation, settlement);
      queue.waiting.delete(conversation);
    }
    return batch;
  }

  async #send(partition: number, batch: Settlement[], queue: Queue): Promise<("ok" | "stale" | "gone")[] | null> {
    const { partitions, member, lease } = this.#context;
    const { generation } = queue;
    const isWanted = (): boolean => !lease.ended.aborted && queue.generation === generation;
    return untilAnswered(this.#context, { doing: "settle", isWanted }, () =>
      partitions.settle(partition, member, batch),
    );
  }

  #wakeFlushed(): void {
    const flushed = this.#flushed;
    this.#flushed = [];
    for (const wake of flushed) wake();
  }
}
