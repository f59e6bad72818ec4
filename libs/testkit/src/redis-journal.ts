import type { RedisLook } from "./redis-look.ts";

/** A row of a partition's journal; `at` is Redis's clock. */
export interface JournalRow {
  partition: number;
  at: number;
  fields: Record<string, string>;
}

const rowsMax = 1000;

/**
 * Reads the journals of all partitions on and on. What was read stays read: a row that a lost tail took away did happen,
 * so after a fall back the rows that are new are added to it.
 */
export class JournalReader {
  readonly #client: RedisLook;
  readonly #places: { cluster: string; partitions: number };
  readonly #last = new Map<number, string>();
  readonly #seen = new Set<string>();
  /** Whether every row was read: false once the cap took rows away that were not. */
  isWhole = true;

  constructor(client: RedisLook, places: { cluster: string; partitions: number }) {
    this.#client = client;
    this.#places = places;
  }

  async read(): Promise<JournalRow[]> {
    const rows: JournalRow[] = [];
    for (let partition = 0; partition < this.#places.partitions; partition++) {
      await this.#readPartition(partition, rows);
    }
    return rows;
  }

  async #readPartition(partition: number, rows: JournalRow[]): Promise<void> {
    const key = `dms:{${this.#places.cluster}:${partition}}:journal`;
    let from = await this.#whereToGoOn(partition, key);
    for (;;) {
      const read = await this.#client.xrange(key, from, "+", "COUNT", rowsMax);
      for (const [id, flat] of read) {
        this.#last.set(partition, id);
        from = `(${id}`;
        const fields = fieldsOf(flat);
        const name = `${partition} ${id} ${fields["event"]} ${fields["grant"]} ${fields["from"]}`;
        if (this.#seen.has(name)) continue;
        this.#seen.add(name);
        rows.push({ partition, at: millisecondsOf(id), fields });
      }
      if (read.length < rowsMax) return;
    }
  }

  /** After the last row read; from the beginning when that row is no longer there. */
  async #whereToGoOn(partition: number, key: string): Promise<string> {
    const last = this.#last.get(partition);
    if (last === undefined) return "-";
    if ((await this.#client.xrange(key, last, last)).length > 0) return `(${last}`;
    const [first] = await this.#client.xrange(key, "-", "+", "COUNT", 1);
    if (first !== undefined && millisecondsOf(first[0]) > millisecondsOf(last)) this.isWhole = false;
    return "-";
  }
}

function millisecondsOf(id: string): number {
  return Number(id.slice(0, id.indexOf("-")));
}

export function fieldsOf(flat: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let index = 0; index + 1 < flat.length; index += 2) fields[flat[index] ?? ""] = flat[index + 1] ?? "";
  return fields;
}
