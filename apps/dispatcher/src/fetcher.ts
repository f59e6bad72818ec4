import type { Clock, Emit, FetchedMessage, Hub, Outcome, Partitions, Random, RetryBounds } from "@dms/rules";
import { retryPauseMs } from "@dms/rules";
import { retryable } from "@dms/runtime";
import { splitBatch } from "./batch.ts";
import { Confirmer } from "./confirmer.ts";

export interface FetcherOptions {
  channel: string;
  hub: Hub;
  partitions: Partitions;
  partitionCount: number;
  fetchLimit: number;
  fetchWaitMs: number;
  retry: RetryBounds;
  clock: Clock;
  random: Random;
  emit: Emit;
  /** Resolves when the backlog allows another fetch, or the signal aborts. */
  admission: (signal: AbortSignal) => Promise<void>;
}

/** Time that a fetch without messages takes at least: a hub need not hold its answer until there are some. Milliseconds. */
const emptyFetchMs = 100;

/** Why a run of batches came to its end. */
type RunEnd = "behind" | "stopped";

/**
 * Brings one channel's messages from the hub into the partitions, in the log's order, and confirms what is durable.
 * States: restarting (asks how far the hub is confirmed, fetches without cursor) -> following (each fetch after the last
 * batch, the next one under way while this one is stored) -> restarting, when a partition is behind. A second fetcher at work at the same time does no harm: `accept` compares cursors. (A1, I14)
 */
export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #confirmer: Confirmer;
  /** Messages of the next fetch; less than configured after an answer that was too large. */
  #limit: number;

  constructor(options: FetcherOptions) {
    this.#options = options;
    this.#limit = options.fetchLimit;
    this.#confirmer = new Confirmer(options);
  }

  /** Fetches until `signal` aborts; resolves when nothing of it is under way. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const confirmed = await this.#untilOk("confirm", signal, () => this.#options.hub.confirm(0, signal));
      if (confirmed === null) break;
      await this.#follow(confirmed, signal);
    }
    await this.#confirmer.rest();
  }

  /** Batch after batch from the oldest unconfirmed message. */
  async #follow(confirmed: number, signal: AbortSignal): Promise<RunEnd> {
    let after = confirmed;
    let isRestart = true;
    let next = this.#fetch(null, signal);
    while (true) {
      const messages = await next;
      if (messages === null) return "stopped";
      const upTo = messages.at(-1)?.sequence ?? after;
      // The next batch is on its way while this one is stored; it is given up when this one must be fetched again.
      const ahead = new AbortController();
      next = this.#fetch(isRestart && messages.length === 0 ? null : upTo, AbortSignal.any([signal, ahead.signal]));
      if (messages.length === 0) continue;
      const stored = await this.#store(messages, { after, isRestart }, signal);
      if (stored !== "stored") {
        ahead.abort();
        await next;
        if (stored === "behind") await this.#confirmer.forget();
        return stored;
      }
      this.#confirmer.confirm(upTo);
      after = upTo;
      isRestart = false;
    }
  }

  /** The next messages; [] when there were none, null once stopped. */
  async #fetch(after: number | null, signal: AbortSignal): Promise<FetchedMessage[] | null> {
    const { admission, channel, clock, emit } = this.#options;
    await admission(signal);
    const startedAt = clock.monotonic();
    const messages = await this.#untilOk("fetch", signal, () => this.#fetchUpTo(this.#limit, after, signal));
    if (messages === null) return null;
    if (messages.length === 0) await clock.sleep(emptyFetchMs - (clock.monotonic() - startedAt), signal);
    const sentUpTo = lastSentAt(messages, clock.wall());
    emit({ type: "batch-fetched", channel, messages: messages.length, sentUpTo });
    return messages;
  }

  /** One fetch. An answer that is too large is asked for in halves, or it would stand in its channel's way for ever. */
  async #fetchUpTo(limit: number, after: number | null, signal: AbortSignal): Promise<Outcome<FetchedMessage[]>> {
    const { hub, fetchLimit, fetchWaitMs: waitMs } = this.#options;
    const outcome = await hub.fetch({ after, limit, waitMs }, signal);
    if (outcome.ok) this.#limit = Math.min(fetchLimit, limit * 2);
    else if (outcome.failure.code === "oversize") this.#limit = Math.max(1, Math.floor(limit / 2));
    return outcome;
  }

  /** Stores a batch in every partition; all of them answer before anything is confirmed. */
  async #store(
    messages: FetchedMessage[],
    place: { after: number; isRestart: boolean },
    signal: AbortSignal,
  ): Promise<"stored" | RunEnd> {
    const { channel, partitionCount, clock, emit } = this.#options;
    const givenAt = clock.monotonic();
    this.#reportMalformed(messages);
    const shares = splitBatch(messages, { channel, ...place }, partitionCount);
    const outcomes = await Promise.all(shares.map((share, partition) => this.#accept(partition, share, signal)));
    if (outcomes.some((outcome) => outcome === null)) return "stopped";
    let accepted = 0;
    let skipped = 0;
    for (const [partition, outcome] of outcomes.entries()) {
      if (outcome?.status === "behind") {
        emit({ type: "fetch-behind", channel, partition, taken: outcome.taken, after: place.after });
        return "behind";
      }
      accepted += outcome?.accepted ?? 0;
      skipped += outcome?.skipped ?? 0;
      if (outcome && outcome.gap > 0) emit({ type: "fetch-gap", channel, partition, sequences: outcome.gap });
    }
    const upTo = messages.at(-1)?.sequence ?? place.after;
    emit({ type: "batch-stored", channel, batch: messages, storeMs: clock.monotonic() - givenAt });
    emit({ type: "batch-accepted", channel, messages: messages.length, accepted, skipped, upTo });
    return "stored";
  }

  #reportMalformed(messages: FetchedMessage[]): void {
    const { channel, emit } = this.#options;
    for (const fetched of messages) {
      if (fetched.parsed) continue;
      emit({ type: "message-malformed", channel, sequence: fetched.sequence, fault: fetched.fault });
    }
  }

  /** Repeats `accept` until Redis answers: a second run skips what the first one took. Null once stopped. */
  async #accept(partition: number, share: Parameters<Partitions["accept"]>[1], signal: AbortSignal) {
    const { partitions, clock, channel, emit } = this.#options;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        return await partitions.accept(partition, share);
      } catch (caught) {
        const { code, message: detail } = retryable(caught);
        emit({ type: "fetch-failed", channel, operation: "accept", code, detail });
        await clock.sleep(this.#pauseMs(attempt), signal);
      }
    }
    return null;
  }

  /** Repeats a call until the hub answers; null once stopped. */
  async #untilOk<T>(operation: string, signal: AbortSignal, call: () => Promise<Outcome<T>>): Promise<T | null> {
    const { clock, channel, emit } = this.#options;
    for (let attempt = 1; !signal.aborted; attempt++) {
      const outcome = await call();
      if (outcome.ok) return outcome.value;
      if (signal.aborted) return null;
      const { code, detail, retryAfterMs } = outcome.failure;
      emit({ type: "fetch-failed", channel, operation, code, detail });
      await clock.sleep(this.#pauseMs(attempt, retryAfterMs), signal);
    }
    return null;
  }

  #pauseMs(attempt: number, atLeastMs?: number): number {
    const { retry, random } = this.#options;
    return retryPauseMs(attempt, retry, { fraction: random.fraction(), atLeastMs });
  }
}

/** When the last message of a batch was sent; `now` for an empty one, or one that does not say. Never in the future. */
function lastSentAt(messages: readonly FetchedMessage[], now: number): number {
  const last = messages.findLast((fetched) => fetched.parsed);
  const sentAt = last?.parsed === true ? Date.parse(last.message.sentAt) : now;
  return Number.isNaN(sentAt) ? now : Math.min(sentAt, now);
}
