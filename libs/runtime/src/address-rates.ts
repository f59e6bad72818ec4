import type { Clock } from "@dms/rules";

/** Addresses that are remembered at once; the one that was seen first goes when another comes. */
const addressesMax = 1024;

/**
 * How often each address may come: `perSecond` in the long run, `burst` at once. An address that is forgotten begins
 * anew, so that memory stays bounded whoever comes.
 */
export class AddressRates {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, { left: number; at: number }>();

  constructor(clock: Clock, { perSecond, burst }: { perSecond: number; burst: number }) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /** Whether this address may come once more now; if so it is counted. */
  admit(address: string): boolean {
    if (!this.hasRoom(address)) return false;
    this.count(address);
    return true;
  }

  hasRoom(address: string): boolean {
    return this.#left(address) >= 1;
  }

  count(address: string): void {
    const left = Math.max(0, this.#left(address) - 1);
    const [oldest] = this.#buckets.keys();
    if (!this.#buckets.has(address) && this.#buckets.size >= addressesMax && oldest !== undefined) {
      this.#buckets.delete(oldest);
    }
    this.#buckets.set(address, { left, at: this.#clock.monotonic() });
  }

  #left(address: string): number {
    const bucket = this.#buckets.get(address);
    if (bucket === undefined) return this.#burst;
    const gained = ((this.#clock.monotonic() - bucket.at) / 1000) * this.#perSecond;
    return Math.min(this.#burst, bucket.left + gained);
  }
}
