/** Conversations that are moved at once where even one call is slow. */
const countMin = 10;
/** How long one call may take, waiting for others before it included: so long may another member's beat have to wait. */
const callMs = 50;
/** What a call that came to nothing is cut down to. */
const afterFailure = 1 / 4;

/**
 * How many conversations one rehome moves, by how long the ones before took: a script stops its Redis for as long as it runs,
 * and on a slow or crowded machine 500 conversations took so long that other members' beats came too late. It begins with
 * a tenth of what is allowed, for nobody knows the server yet, and grows at most twofold from call to call.
 */
export class RehomePace {
  readonly #countMax: number;
  #count: number;

  constructor(countMax: number) {
    this.#countMax = countMax;
    this.#count = this.#within(countMax / 10);
  }

  get count(): number {
    return this.#count;
  }

  /** A call that moved `count` conversations, as many as it was asked for, took so long; milliseconds. */
  took(count: number, ms: number): void {
    this.#count = this.#within(count * Math.min(2, callMs / Math.max(1, ms)));
  }

  /** A call was not answered. */
  failed(): void {
    this.#count = this.#within(this.#count * afterFailure);
  }

  #within(count: number): number {
    return Math.min(this.#countMax, Math.max(countMin, Math.floor(count)));
  }
}
