import { type ConversationId, splitConversationId } from "@dms/protocol";

/**
 * What the fields of a conversation's record are called in Redis. There are as many records as conversations, so names are
 * one letter; the prelude has the same (`record-fields.test.ts` holds the two, and ARCHITECTURE.md, together).
 */
export const recordFields = {
  owner: "o",
  grant: "g",
  life: "l",
  seq: "s",
  done: "d",
  shown: "n",
  answered: "r",
  chat: "c",
  key: "k",
  user: "u",
  alias: "a",
  server: "v",
  customer: "x",
  business: "b",
  app: "i",
  parts: "f",
  pending: "p",
  suspect: "q",
  started: "t",
  hold: "h",
} as const;

const words = new Map<string, string>(Object.entries(recordFields).map(([word, field]) => [field, word]));

/** A record as its hash holds it, and what else it takes to read it. */
export interface StoredRecord {
  id: ConversationId;
  fields: Readonly<Record<string, string>>;
  /** The partition's list of chat servers. */
  servers: readonly string[];
}

/**
 * A record by its words, with what it leaves out: a life that is its only grant, a customer that is the conversation's own
 * id at the hub, a server that stands in the partition's list. Empty for no record; a field of no name of ours keeps its own.
 */
export function readRecord({ id, fields, servers }: StoredRecord): Record<string, string> {
  const record = Object.fromEntries(Object.entries(fields).map(([field, text]) => [words.get(field) ?? field, text]));
  const { grant, chat, server } = record;
  if (grant !== undefined) record["life"] ??= grant;
  if (chat !== undefined) record["customer"] ??= splitConversationId(id).hubConversationId;
  if (server !== undefined) record["server"] = servers[Number(server)] ?? "";
  return record;
}
