import type { Entry } from "@dms/protocol";
import { parseEntryHeader } from "@dms/protocol";

/** One row of a stream as Redis gives it. */
export type Row = [entryId: string, fields: string[]];
/** What XREAD answers: each stream that had something, with its rows. */
export type StreamRows = [key: string, rows: Row[]][];

/** A row that is not ours (a header of another form) is passed over: nobody's message can be in it. */
export function toEntry(partition: number, [entryId, fields]: Row): Entry | null {
  const header = parseEntryHeader(fields[1] ?? "");
  return header && { ...header, partition, entryId, payload: fields[3] ?? "" };
}

/** All entries of a reply; `partitionOf` knows each stream's partition. */
export function toEntries(partitionOf: (key: string) => number, reply: StreamRows | null): Entry[] {
  return (reply ?? []).flatMap(([key, rows]) =>
    rows.map((row) => toEntry(partitionOf(key), row)).filter((entry) => entry !== null),
  );
}
