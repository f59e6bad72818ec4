import type { ConversationId } from "./ids.ts";

/**
 * What a stream entry says in its header, besides the payload:
 * `message` carries one hub message; `takeover` tells a new owner to load the conversation and has no `seq` (0). `foreign`
 * is a row of a form that this version does not know: nothing else is said of it, and a leader's or worker's `forward` moves
 * it to the dead letters.
 */
export interface EntryHeader {
  kind: "message" | "takeover" | "foreign";
  /** Place of the message in its conversation's life, from 1; 0 for a takeover. */
  seq: number;
  /** The life of the conversation's record in which the entry was made. */
  life: string;
  /** The grant under which the entry was appended. */
  grant: string;
  conversation: ConversationId;
}

/** An entry as a worker reads it from an inbox. `payload` is the hub message's JSON, "" for a takeover. */
export interface Entry extends EntryHeader {
  partition: number;
  /** The stream's id of the row, `<ms>-<n>`. */
  entryId: string;
  payload: string;
}

/** Names of the two fields of a row. The Lua prelude writes them, this file reads them. */
export const entryFields = { header: "h", payload: "p" } as const;

/**
 * Reads a header `<m|t> <seq> <life> <grant> <conversation>`; the conversation is the rest of the line and may hold spaces.
 * Answers null for a header of another form, which a reader treats as a foreign row.
 */
export function parseEntryHeader(header: string): EntryHeader | null {
  const kindEnd = header.indexOf(" ");
  const seqEnd = header.indexOf(" ", kindEnd + 1);
  const lifeEnd = header.indexOf(" ", seqEnd + 1);
  const grantEnd = header.indexOf(" ", lifeEnd + 1);
  if (kindEnd !== 1 || seqEnd < 0 || lifeEnd < 0 || grantEnd < 0) return null;
  const letter = header[0];
  const seq = Number(header.slice(kindEnd + 1, seqEnd));
  if ((letter !== "m" && letter !== "t") || !Number.isSafeInteger(seq)) return null;
  return {
    kind: letter === "m" ? "message" : "takeover",
    seq,
    life: header.slice(seqEnd + 1, lifeEnd),
    grant: header.slice(lifeEnd + 1, grantEnd),
    conversation: header.slice(grantEnd + 1) as ConversationId,
  };
}
