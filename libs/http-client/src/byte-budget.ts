/**
 * Bytes of answers that one client may hold at once, over all its calls: each answer has a bound of its own, but hundreds
 * of calls are under way, and a server that fills them all must not fill the memory.
 */
export class ByteBudget {
  readonly bytesMax: number;
  #held = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  get held(): number {
    return this.#held;
  }

  /** Whether so much more may be held; if so it is counted. */
  take(bytes: number): boolean {
    if (this.#held + bytes > this.bytesMax) return false;
    this.#held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}
