import type { ConversationId } from "@dms/protocol";

/**
 * A place for one at a time, taken for one try. Nobody waits inside it: who finds it taken goes on with everything else and
 * is woken when its turn may have come. Who leaves without having entered does no harm.
 */
export class Quarantine {
  #inside: ConversationId | null = null;
  readonly #waiting = new Map<ConversationId, () => void>();

  /** Whether the conversation is inside now; if not, `wake` is called once, when it should ask again. */
  enter(id: ConversationId, wake: () => void): boolean {
    if (this.#inside === null || this.#inside === id) {
      this.#inside = id;
      this.#waiting.delete(id);
      return true;
    }
    this.#waiting.set(id, wake);
    return false;
  }

  leave(id: ConversationId): void {
    this.#waiting.delete(id);
    if (this.#inside === id) this.#inside = null;
    if (this.#inside !== null) return;
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next[0]);
    next[1]();
  }
}
