import type { ConversationId } from "@dms/protocol";

/** A place for one at a time. Who is inside stays until it leaves; who leaves without having entered does no harm. */
export class Quarantine {
  #inside: ConversationId | null = null;
  readonly #waiting = new Map<ConversationId, () => void>();

  /** Resolves when the conversation is inside, or has left the queue. */
  async enter(id: ConversationId): Promise<void> {
    if (this.#inside === null || this.#inside === id) {
      this.#inside = id;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.set(id, resolve));
  }

  leave(id: ConversationId): void {
    const resolve = this.#waiting.get(id);
    if (resolve) {
      this.#waiting.delete(id);
      resolve();
    }
    if (this.#inside !== id) return;
    const [next] = this.#waiting;
    this.#inside = next?.[0] ?? null;
    if (next === undefined) return;
    this.#waiting.delete(next[0]);
    next[1]();
  }
}
