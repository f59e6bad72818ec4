import type { Clock, Random } from "@dms/runtime";

const tokenLength = 40;

/** The access tokens that are good now. They live in memory: after the hub's restart every client must ask again. */
export class Tokens {
  readonly #options: { clock: Clock; random: Random; tokenSeconds: number };
  readonly #endsAt = new Map<string, number>();

  constructor(options: { clock: Clock; random: Random; tokenSeconds: number }) {
    this.#options = options;
  }

  issue(): { token: string; seconds: number } {
    const { clock, random, tokenSeconds } = this.#options;
    const now = clock.monotonic();
    for (const [old, endsAt] of this.#endsAt) if (endsAt <= now) this.#endsAt.delete(old);
    const token = random.token(tokenLength);
    this.#endsAt.set(token, now + tokenSeconds * 1000);
    return { token, seconds: tokenSeconds };
  }

  isGood(token: string): boolean {
    const endsAt = this.#endsAt.get(token);
    return endsAt !== undefined && this.#options.clock.monotonic() < endsAt;
  }

  /** Ends all tokens at once; answers how many there were. */
  revoke(): number {
    const count = this.#endsAt.size;
    this.#endsAt.clear();
    return count;
  }
}
