import type { Clock, Emit, Hub, Random, RetryBounds } from "@dms/rules";
import { retryPauseMs } from "@dms/rules";

export interface ConfirmerOptions {
  channel: string;
  hub: Hub;
  retry: RetryBounds;
  clock: Clock;
  random: Random;
  emit: Emit;
}

/** Tries that a stopping process still spends on its last confirmation. */
const lastAttemptsMax = 3;

/**
 * Tells the hub how far messages are safe. Only the newest position counts, so a slow hub costs confirmations, never
 * batches; what is not confirmed the hub gives again and `accept` skips. Never confirms what was not durable. (I6)
 */
export class Confirmer {
  readonly #options: ConfirmerOptions;
  #wanted = 0;
  #confirmed = 0;
  #lane: Promise<void> | null = null;
  #isRunning = false;
  #isResting = false;
  #endPause: (() => void) | null = null;

  constructor(options: ConfirmerOptions) {
    this.#options = options;
  }

  confirm(upTo: number): void {
    this.#wanted = Math.max(this.#wanted, upTo);
    // Told by the run itself: a promise tells its end a moment later, and a position that comes between would be missed.
    if (!this.#isRunning) this.#lane = this.#run();
  }

  /**
   * Gives up what is not confirmed yet: Redis has lost what it stands for, and the hub still has it. Resolves when no
   * confirmation is under way.
   */
  async forget(): Promise<void> {
    this.#wanted = this.#confirmed;
    this.#endPause?.();
    await this.#lane;
  }

  /** Resolves when the newest position is confirmed, or the hub did not take it in a few more tries. */
  async rest(): Promise<void> {
    this.#isResting = true;
    this.#endPause?.();
    await this.#lane;
    this.#isResting = false;
  }

  async #run(): Promise<void> {
    const { hub, clock, random, retry, channel, emit } = this.#options;
    let failures = 0;
    this.#isRunning = true;
    while (this.#confirmed < this.#wanted) {
      const upTo = this.#wanted;
      const outcome = await hub.confirm(upTo, new AbortController().signal);
      if (outcome.ok) {
        this.#confirmed = upTo;
        failures = 0;
        emit({ type: "batch-confirmed", channel, upTo: outcome.value });
        continue;
      }
      const { code, detail, retryAfterMs, verdict } = outcome.failure;
      emit({ type: "fetch-failed", channel, operation: "confirm", code, detail });
      failures++;
      // Refused for good: the hub's log is not the one this position is of. The next start asks it again.
      if (verdict === "reject") this.#confirmed = upTo;
      if (this.#confirmed >= this.#wanted) break;
      if (this.#isResting && failures >= lastAttemptsMax) break;
      const pauseMs = retryPauseMs(failures, retry, { fraction: random.fraction(), atLeastMs: retryAfterMs });
      const ended = new AbortController();
      this.#endPause = () => ended.abort();
      await clock.sleep(this.#isResting ? Math.min(pauseMs, retry.baseMs) : pauseMs, ended.signal);
    }
    this.#isRunning = false;
  }
}
