import type { ConversationId } from "@dms/protocol";
import type { LoadedRecord } from "@dms/rules";
import type { DeskContext } from "./ports.ts";

/** Records that one call reads at most. */
const idsPerCallMax = 200;

interface Wish {
  id: ConversationId;
  resolve(record: LoadedRecord): void;
  reject(caught: unknown): void;
}

/** Reads records for many conversations that ask in the same moment with one call per partition. */
export class RecordLoader {
  readonly #context: DeskContext;
  readonly #wishes = new Map<number, Wish[]>();

  constructor(context: DeskContext) {
    this.#context = context;
  }

  /** Rejects as the store does; the caller tries again. */
  load(partition: number, id: ConversationId): Promise<LoadedRecord> {
    return new Promise((resolve, reject) => {
      const wishes = this.#wishes.get(partition);
      if (wishes) {
        wishes.push({ id, resolve, reject });
        return;
      }
      this.#wishes.set(partition, [{ id, resolve, reject }]);
      queueMicrotask(() => {
        const gathered = this.#wishes.get(partition) ?? [];
        this.#wishes.delete(partition);
        for (let i = 0; i < gathered.length; i += idsPerCallMax) {
          void this.#call(partition, gathered.slice(i, i + idsPerCallMax));
        }
      });
    });
  }

  async #call(partition: number, wishes: Wish[]): Promise<void> {
    const { partitions, member } = this.#context;
    try {
      const ids = wishes.map((wish) => wish.id);
      const records = await partitions.load(partition, member, ids);
      wishes.forEach((wish, i) => wish.resolve(records[i] ?? { status: "gone" }));
    } catch (caught) {
      for (const wish of wishes) wish.reject(caught);
    }
  }
}
