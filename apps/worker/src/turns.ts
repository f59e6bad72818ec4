import type { ConversationId } from "@dms/protocol";
import { Fifo } from "./fifo.ts";

/**
 * Places for a few at a time, each taken for one try. Nobody waits inside: who finds them taken goes on with everything
 * else and is woken when its turn may have come. Who leaves without having entered does no harm.
 */
export class Turns {
  readonly #places: number;
  readonly #inside = new Set<ConversationId>();
  readonly #waiting = new Map<ConversationId, () => void>();
  /** In which order those that wait came; with some that do not wait any more. */
  readonly #line = new Fifo<ConversationId>();

  constructor(places: number) {
    this.#places = places;
  }

  /** Whether the conversation is inside now; if not, `wake` is called once, when it should ask again. */
  enter(id: ConversationId, wake: () => void): boolean {
    if (this.#inside.has(id) || this.#inside.size < this.#places) {
      this.#inside.add(id);
      this.#waiting.delete(id);
      return true;
    }
    if (!this.#waiting.has(id)) this.#line.push(id);
    this.#waiting.set(id, wake);
    return false;
  }

  leave(id: ConversationId): void {
    this.#waiting.delete(id);
    this.#inside.delete(id);
    if (this.#inside.size < this.#places) this.#next()?.();
  }

  #next(): (() => void) | undefined {
    for (let id = this.#line.shift(); id !== undefined; id = this.#line.shift()) {
      const wake = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (wake !== undefined) return wake;
    }
    return undefined;
  }
}
