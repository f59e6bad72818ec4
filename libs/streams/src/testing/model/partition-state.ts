import { type ConversationId, type MemberId, parseEntryHeader, unplaced } from "@dms/protocol";

/** A hash as Redis holds it. */
export type Fields = Record<string, string>;

/** A row of an inbox; `entryId` is "" until the server's own id is known. */
export interface Row {
  entryId: string;
  header: string;
  payload: string;
}

/** One partition as its keys show it, and the time and server by which its scripts decide. */
export interface PartitionState {
  now: number;
  run: string;
  epoch: number;
  taken: Record<string, number>;
  records: Record<string, Fields>;
  inboxes: Record<string, Row[]>;
  owned: Record<string, string[]>;
  workers: Fields;
  load: Record<string, number>;
  /** `reason|conversation|seq|attempts|detail|payload`, oldest first. */
  dead: string[];
  /** `event|cause|conversation|from|to|grant`, oldest first. */
  journal: string[];
  leader: Fields;
  /** The scripts' own figures, which the model does not keep: rules check them. */
  counts: Fields;
  /** Chat servers by the places that the records name; the model's records hold addresses. */
  servers: string[];
}

export function emptyState(now: number, run: string): PartitionState {
  const nothing = {
    taken: {},
    records: {},
    inboxes: {},
    owned: {},
    workers: {},
    load: {},
    leader: {},
    counts: {},
    servers: [],
  };
  return { now, run, epoch: 0, ...nothing, dead: [], journal: [] };
}

/** What a refused caller is told, or `owned`. */
export function standing(state: PartitionState, id: string, holding: { member: string; grant: string }) {
  const record = state.records[id];
  if (record === undefined) return "gone";
  return record["owner"] === holding.member && record["grant"] === holding.grant ? "owned" : "stale";
}

export function leads(state: PartitionState, { holder, token }: { holder: string; token: string }): boolean {
  const lease = state.leader;
  return lease["holder"] === holder && lease["token"] === token && Number(lease["until"]) > state.now;
}

export function nextGrant(state: PartitionState, nonce: string): string {
  state.epoch = Math.max(state.epoch + 1, state.now);
  return `${state.epoch}.${nonce}`;
}

/** The placeable member with the fewest sessions, by name when they are equal. */
export function place(state: PartitionState, except?: string): string | undefined {
  const placeable = Object.entries(state.load).filter(([member]) => member !== except);
  placeable.sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
  return placeable[0]?.[0];
}

export function own(state: PartitionState, member: string, id: string): void {
  state.owned[member] = [...(state.owned[member] ?? []), id];
  if (state.load[member] !== undefined) state.load[member] += 1;
}

export function disown(state: PartitionState, member: string, id: string): void {
  state.owned[member] = (state.owned[member] ?? []).filter((other) => other !== id);
  if (state.load[member] !== undefined) state.load[member] -= 1;
}

export function append(
  state: PartitionState,
  member: string,
  entry: { kind: "m" | "t"; seq: number; life: string; grant: string; id: string; payload: string },
): void {
  const header = `${entry.kind} ${entry.seq} ${entry.life} ${entry.grant} ${entry.id}`;
  state.inboxes[member] = [...(state.inboxes[member] ?? []), { entryId: "", header, payload: entry.payload }];
}

export function deleteRows(state: PartitionState, member: string, entryIds: readonly string[]): void {
  state.inboxes[member] = (state.inboxes[member] ?? []).filter(({ entryId }) => !entryIds.includes(entryId));
}

export function move(
  state: PartitionState,
  id: string,
  by: { to: string; nonce: string; cause: string; since: string },
): string {
  const { to, nonce, cause, since } = by;
  const record = state.records[id] ?? {};
  const from = record["owner"] ?? "";
  const grant = nextGrant(state, nonce);
  record["owner"] = to;
  record["grant"] = grant;
  disown(state, from, id);
  own(state, to, id);
  append(state, to, { kind: "t", seq: 0, life: record["life"] ?? "", grant, id, payload: `${cause} ${since} ${from}` });
  return grant;
}

/** A row's header, read as a worker reads it. */
export function headerOf(row: Row) {
  const header = parseEntryHeader(row.header);
  if (header === null) throw new Error(`no header: ${row.header}`);
  return header;
}

export function forwardRow(state: PartitionState, member: string, row: Row): "forwarded" | "deleted" | "here" {
  const { kind, seq, life, conversation: id } = headerOf(row);
  const record = state.records[id];
  const isLate = record?.["life"] !== life || (kind === "message" && seq <= Number(record["done"]));
  if (!isLate && record["owner"] === member) return "here";
  deleteRows(state, member, [row.entryId]);
  if (isLate || kind === "takeover") return "deleted";
  const { owner = "", grant = "" } = record;
  append(state, owner, { kind: "m", seq, life, grant, id, payload: row.payload });
  return "forwarded";
}

/** Deletes fields of a record. */
export function forget(record: Fields, ...names: string[]): void {
  for (const name of names) delete record[name];
}

/** Everyone who may have an inbox. */
export const stageMembers = ["w1.a", "w2.b", "w3.c", "w4.d"] as MemberId[];
export const everyone = [...stageMembers, unplaced];
export const stageConversations = ["whatsapp:a", "whatsapp:b c", "sms:a"] as ConversationId[];
