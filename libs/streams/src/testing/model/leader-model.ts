import type { RequestOf } from "../../script.ts";
import type { accept } from "../../transitions/accept.ts";
import type { admit } from "../../transitions/admit.ts";
import type { evict } from "../../transitions/evict.ts";
import type { lead } from "../../transitions/lead.ts";
import type { rehome } from "../../transitions/rehome.ts";
import {
  append,
  forget,
  forwardRow,
  leads,
  move,
  nextGrant,
  own,
  type PartitionState,
  place,
} from "./partition-state.ts";

/** What the server chose by chance: the conversations that a rehome moved, in order. */
export interface Chance {
  moved: string[];
}

function acceptOne(state: PartitionState, id: string, message: { payload: string; nonce: string }): boolean {
  let record = state.records[id];
  const isNew = record === undefined;
  if (record === undefined) {
    const owner = place(state) ?? "unplaced";
    const grant = nextGrant(state, message.nonce);
    record = { life: grant, owner, grant, seq: "0", done: "0", shown: "0" };
    state.records[id] = record;
    own(state, owner, id);
    state.journal.push(["placed", "new", id, "", owner, grant].join("|"));
  }
  const seq = Number(record["seq"]) + 1;
  record["seq"] = String(seq);
  const { owner = "", life = "", grant = "" } = record;
  append(state, owner, { kind: "m", seq, life, grant, id, payload: message.payload });
  return isNew;
}

/** What became of the conversation that a rehome moved; `holdUntil` is the wait that the eviction began. */
function rehomeOne(
  state: PartitionState,
  id: string,
  by: { member: string; holdUntil: number; nonce: string; cause: string; since: string },
): void {
  const record = state.records[id] ?? {};
  const to = place(state) ?? "";
  const grant = move(state, id, { to, nonce: by.nonce, cause: by.cause, since: by.since });
  state.journal.push(["moved", by.cause, id, by.member, to, grant].join("|"));
  if (by.member === "unplaced") return;
  const holdUntil = Math.max(by.holdUntil, Number(record["hold"] ?? 0));
  if (holdUntil > state.now) record["hold"] = String(holdUntil);
  else forget(record, "hold");
  const isUnsettled = Number(record["done"]) < Number(record["seq"]);
  if (by.cause !== "left" && isUnsettled) record["suspect"] = String(Number(record["done"]) + 1);
}

function isAfter(entryId: string, other: string): boolean {
  const [ms = 0, n = 0] = entryId.split("-").map(Number);
  const [otherMs = 0, otherN = 0] = other.split("-").map(Number);
  return ms > otherMs || (ms === otherMs && n > otherN);
}

/** Sends on what lies after an entry and is not the member's any more. */
function sendStragglers(
  state: PartitionState,
  { member, after, count }: { member: string; after: string; count: number },
): { stragglers: number; readOn: string } {
  if (after === "") return { stragglers: 0, readOn: "" };
  const all = state.inboxes[member] ?? [];
  const rows = all.filter(({ entryId }) => after === "-" || isAfter(entryId, after)).slice(0, count);
  const stragglers = rows.filter((row) => forwardRow(state, member, row) !== "here").length;
  return { stragglers, readOn: rows.length < count ? "" : (rows.at(-1)?.entryId ?? "") };
}

/** What each transition of a fetcher or leader does, by the protocol's words alone. */
export const leaderModel = {
  accept: (state: PartitionState, batch: RequestOf<typeof accept>) => {
    const stored = state.taken[batch.channel];
    const taken = stored ?? 0;
    if (taken < batch.after && !batch.isRestart) return { status: "behind", taken };
    const gap = stored !== undefined && taken < batch.after ? batch.after - taken : 0;
    const counts = { accepted: 0, skipped: 0, opened: 0 };
    for (const { sequence, conversation, named, payload } of batch.messages) {
      if (sequence <= taken) counts.skipped++;
      else if (conversation === null) {
        state.dead.push(["malformed", named ?? `${batch.channel}:`, 0, 0, `sequence ${sequence}`, payload].join("|"));
      } else {
        if (acceptOne(state, conversation, { payload, nonce: batch.nonce })) counts.opened++;
        counts.accepted++;
      }
    }
    state.taken[batch.channel] = Math.max(taken, batch.upTo);
    return { status: "accepted", ...counts, gap };
  },

  lead: (state: PartitionState, request: RequestOf<typeof lead>) => {
    const lease = state.leader;
    const { holder, token, isRelease } = request;
    const isHolder = lease["holder"] === holder;
    if (isRelease) {
      if (isHolder && lease["token"] === token) forget(lease, "holder", "token", "until");
      return { status: "released" };
    }
    const longest = state.now + request.longestLeaseMs;
    if (lease["run"] !== state.run) {
      lease["run"] = state.run;
      lease["barrier"] = String(longest);
    }
    // The clock may have stepped back.
    for (const end of ["barrier", "until"]) if (Number(lease[end]) > longest) lease[end] = String(longest);
    const isFree = lease["holder"] === undefined || Number(lease["until"]) <= state.now;
    const isOwn = isHolder && (token === null || lease["token"] === token);
    if (!isFree && !isOwn) return { status: "other", holder: lease["holder"] };
    if (isFree) {
      lease["n"] = String(Number(lease["n"] ?? 0) + 1);
      lease["holder"] = holder;
      lease["token"] = `${lease["n"]}.${request.nonce}`;
    }
    lease["until"] = String(state.now + request.leaseMs);
    return { status: "held", token: lease["token"], barrierMs: Math.max(0, Number(lease["barrier"]) - state.now) };
  },

  admit: (state: PartitionState, { leadership, member, state: wanted, tieFraction }: RequestOf<typeof admit>) => {
    if (!leads(state, leadership)) return { status: "unheld" };
    if (state.workers[member]?.startsWith("evicted") === true) return { status: "evicted" };
    state.workers[member] = wanted;
    if (wanted === "active") state.load[member] ??= (state.owned[member] ?? []).length + tieFraction;
    else delete state.load[member];
    return { status: "admitted" };
  },

  evict: (state: PartitionState, { leadership, member, waitMs, cause }: RequestOf<typeof evict>) => {
    if (!leads(state, leadership)) return { status: "unheld" };
    const barrierMs = Number(state.leader["barrier"] ?? 0) - state.now;
    if (barrierMs > 0) return { status: "barrier", barrierMs };
    if (state.workers[member]?.startsWith("evicted") !== true) {
      state.workers[member] = `evicted ${state.now + waitMs}`;
      delete state.load[member];
      state.journal.push(["evicted", cause, "", member, "", ""].join("|"));
    }
    return { status: "evicted" };
  },

  rehome: (state: PartitionState, request: RequestOf<typeof rehome>, chance: Chance) => {
    const { leadership, member, count, nonce, cause, sinceEndMs = null, room = count, after = "-" } = request;
    if (!leads(state, leadership)) return { status: "unheld" };
    const tombstone = /^evicted (\d+)$/.exec(state.workers[member] ?? "");
    if (member !== "unplaced" && tombstone === null) return { status: "alive" };
    const owned = state.owned[member] ?? [];
    const rows = (): number => (state.inboxes[member] ?? []).length;
    if (owned.length > 0 && (room === 0 || place(state) === undefined)) {
      const sent = sendStragglers(state, { member, after, count });
      return { status: "waiting", conversationsLeft: owned.length, entriesLeft: rows(), ...sent };
    }
    const conversations = Math.min(count, room, owned.length);
    const isChosenWell = chance.moved.every((id) => owned.includes(id)) && new Set(chance.moved).size === conversations;
    if (!isChosenWell) throw new Error(`rehome moved ${chance.moved.join()} of ${owned.join()}`);
    const since = sinceEndMs === null ? "-" : String(sinceEndMs);
    const by = { member, holdUntil: Number(tombstone?.[1] ?? 0), nonce, cause, since };
    for (const id of chance.moved) rehomeOne(state, id, by);
    const conversationsLeft = (state.owned[member] ?? []).length;
    const first = conversationsLeft === 0 ? (state.inboxes[member] ?? []).slice(0, count) : [];
    for (const row of first) forwardRow(state, member, row);
    const entriesLeft = rows();
    if (conversationsLeft + entriesLeft === 0 && request.forget) delete state.workers[member];
    return { status: "rehomed", conversations, entries: first.length, conversationsLeft, entriesLeft };
  },
};
