import type { Clock, Outcome } from "@dms/rules";
import type { Lease } from "@dms/runtime";
import { Dropped } from "./dropped.ts";
import { Fifo } from "./fifo.ts";

/** Pause while a lease has too little left for an effect; a beat renews it, or it ends. */
const renewalPollMs = 20;
/** Of all places, those that effects which nobody misses may take: a side that hangs holds what it has for a time-out. */
const spareShare = 1 / 8;

/**
 * Lets outside effects begin: at most `effectsMax` at once, and only while the lease outlives the effect's time-out. An
 * effect is aborted when the lease ends. (I4)
 */
export class EffectGate {
  readonly #clock: Clock;
  readonly #effectMs: number;
  readonly #effectsMax: number;
  #running = 0;
  #runningSpare = 0;
  readonly #waiting = new Fifo<() => void>();

  constructor(clock: Clock, bounds: { effectMs: number; effectsMax: number }) {
    this.#clock = clock;
    this.#effectMs = bounds.effectMs;
    this.#effectsMax = bounds.effectsMax;
  }

  get running(): number {
    return this.#running;
  }

  /** Runs one effect; throws `Dropped` when the lease ended before it could begin or `isWanted` turned false. */
  run<T>(
    lease: Lease,
    isWanted: () => boolean,
    effect: (signal: AbortSignal) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const isFree = this.#running < this.#effectsMax && lease.mayStart(this.#effectMs) && isWanted();
    return isFree ? this.#runNow(lease, effect) : this.#runInTurn(lease, isWanted, effect);
  }

  /**
   * Runs an effect that nobody misses; null, and nothing is done, where it could not begin at once or too many like it are
   * under way.
   */
  runSpare<T>(lease: Lease, effect: (signal: AbortSignal) => Promise<Outcome<T>>): Promise<Outcome<T>> | null {
    const spareMax = Math.max(1, Math.floor(this.#effectsMax * spareShare));
    const isFree = this.#running < this.#effectsMax && this.#runningSpare < spareMax;
    if (!isFree || !lease.mayStart(this.#effectMs)) return null;
    this.#runningSpare++;
    return this.#runNow(lease, effect).finally(() => this.#runningSpare--);
  }

  async #runNow<T>(lease: Lease, effect: (signal: AbortSignal) => Promise<Outcome<T>>): Promise<Outcome<T>> {
    this.#running++;
    try {
      return await effect(lease.ended);
    } finally {
      this.#leave();
    }
  }

  async #runInTurn<T>(
    lease: Lease,
    isWanted: () => boolean,
    effect: (signal: AbortSignal) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    await this.#enter();
    try {
      while (!lease.mayStart(this.#effectMs)) {
        if (lease.ended.aborted || !isWanted()) throw new Dropped();
        await this.#clock.sleep(renewalPollMs, lease.ended);
      }
      if (!isWanted()) throw new Dropped();
      return await effect(lease.ended);
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < this.#effectsMax) {
      this.#running++;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Hands the place to the next in line, or frees it. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running--;
  }
}
