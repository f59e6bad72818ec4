import type { StateFact } from "./history.ts";
import { lookIntoInboxes } from "./inbox-look.ts";
import { fieldsOf, JournalReader, type JournalRow } from "./redis-journal.ts";
import { keysLike, type RedisLook } from "./redis-look.ts";
import { lookAtState } from "./redis-state.ts";

/** A row of a dead letter stream. */
export interface DeadLetterRow {
  partition: number;
  fields: Record<string, string>;
}

/** What somebody sees who looks at a cluster's keys from outside, past the cluster's own code. */
export interface RedisView {
  /** Dead letters that were not given before; all of them again after `forget`. */
  deadLetters(): Promise<{ isAnew: boolean; rows: DeadLetterRow[] }>;
  /** Entries in all inboxes, those of members that are gone included. */
  backlog(): Promise<number>;
  /** Rows of the journals that were not given before. `isWhole` is false once the cap took some unread. */
  journal(): Promise<{ isWhole: boolean; rows: JournalRow[] }>;
  /** What all inboxes hold, as `<channel>:<sequence>`, each partition at one instant; null when that is very much. */
  unsettled(): Promise<Set<string> | null>;
  /** Everything that is there, by kind of key. */
  state(): Promise<StateFact>;
  /** Removes every key of the cluster. */
  clear(): Promise<void>;
  close(): void;
}

const rowsMax = 1000;

/** Every call throws while Redis does not answer. `close` ends the look. */
export function redisView(
  client: RedisLook,
  { cluster, partitions }: { cluster: string; partitions: number },
): RedisView {
  const last = new Map<number, string>();
  const counted = new Map<number, number>();
  const journal = new JournalReader(client, { cluster, partitions });

  const hasShrunk = async (): Promise<boolean> => {
    for (const [partition, count] of counted) {
      if ((await client.xlen(deadKey(cluster, partition))) < count) return true;
    }
    return false;
  };
  const readDead = async (partition: number, rows: DeadLetterRow[]): Promise<void> => {
    for (;;) {
      const from = last.get(partition);
      const start = from === undefined ? "-" : `(${from}`;
      const read = await client.xrange(deadKey(cluster, partition), start, "+", "COUNT", rowsMax);
      for (const [id, fields] of read) {
        rows.push({ partition, fields: fieldsOf(fields) });
        last.set(partition, id);
        counted.set(partition, (counted.get(partition) ?? 0) + 1);
      }
      if (read.length < rowsMax) return;
    }
  };
  return {
    async deadLetters() {
      // A server that lost its tail has lost dead letters too: then all are read again.
      const isAnew = await hasShrunk();
      if (isAnew) for (const known of [last, counted]) known.clear();
      const rows: DeadLetterRow[] = [];
      for (let partition = 0; partition < partitions; partition++) await readDead(partition, rows);
      return { isAnew, rows };
    },
    async backlog() {
      let entries = 0;
      for await (const key of keysLike(client, `dms:{${cluster}:*}:inbox:*`)) entries += await client.xlen(key);
      return entries;
    },
    async journal() {
      const rows = await journal.read();
      return { isWhole: journal.isWhole, rows };
    },
    unsettled: () => lookIntoInboxes(client, { cluster, partitions }),
    state: () => lookAtState(client, cluster),
    async clear() {
      for (const pattern of [`dms:{${cluster}}:*`, `dms:{${cluster}:*}:*`]) {
        for await (const key of keysLike(client, pattern)) await client.unlink(key);
      }
    },
    close: () => client.disconnect(),
  };
}

function deadKey(cluster: string, partition: number): string {
  return `dms:{${cluster}:${partition}}:dead`;
}
