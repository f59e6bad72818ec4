import type { AcceptBatch, AcceptReply, Partitions } from "@dms/rules";

/** Partitions in memory that take batches by the words of `accept.lua`, for a fetcher alone. */
export class TakingPartitions {
  readonly taken: number[];
  readonly stored: { partition: number; sequence: number }[] = [];
  readonly batches: { partition: number; batch: AcceptBatch }[] = [];
  /** What happens before a batch is taken; may throw. */
  before: (partition: number, batch: AcceptBatch) => Promise<void> = async () => undefined;

  constructor(count: number) {
    this.taken = Array.from({ length: count }, () => 0);
  }

  get port(): Partitions {
    return {
      accept: (partition: number, batch: AcceptBatch) => this.#accept(partition, batch),
    } as unknown as Partitions;
  }

  /** Sequences stored, each as often as it was. */
  get sequences(): number[] {
    return this.stored.map(({ sequence }) => sequence).toSorted((a, b) => a - b);
  }

  async #accept(partition: number, batch: AcceptBatch): Promise<AcceptReply> {
    this.batches.push({ partition, batch });
    await this.before(partition, batch);
    const taken = this.taken[partition] ?? 0;
    if (taken < batch.after && !batch.isRestart) return { status: "behind", taken };
    const fresh = batch.messages.filter(({ sequence }) => sequence > taken);
    for (const { sequence } of fresh) this.stored.push({ partition, sequence });
    this.taken[partition] = Math.max(taken, batch.upTo);
    const gap = taken > 0 && taken < batch.after ? batch.after - taken : 0;
    return {
      status: "accepted",
      accepted: fresh.length,
      skipped: batch.messages.length - fresh.length,
      opened: 0,
      gap,
    };
  }
}
