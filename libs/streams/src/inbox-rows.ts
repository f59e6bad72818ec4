import type { ConversationId, Entry } from "@dms/protocol";
import { parseEntryHeader } from "@dms/protocol";

/** One row of a stream as Redis gives it. */
export type Row = [entryId: string, fields: string[]];
/** What XREAD answers: each stream that had something, with its rows. */
export type StreamRows = [key: string, rows: Row[]][];

/** A row of a form that this version does not know. */
const foreign = { kind: "foreign", seq: 0, life: "", grant: "", conversation: "" as ConversationId } as const;

export function toEntry(partition: number, [entryId, fields]: Row): Entry {
  const header = parseEntryHeader(fields[1] ?? "") ?? foreign;
  return { ...header, partition, entryId, payload: fields[3] ?? "" };
}

/** All entries of a reply; `partitionOf` knows each stream's partition. */
export function toEntries(partitionOf: (key: string) => number, reply: StreamRows | null): Entry[] {
  return (reply ?? []).flatMap(([key, rows]) => rows.map((row) => toEntry(partitionOf(key), row)));
}
