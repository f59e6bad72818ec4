import type { RequestOf } from "../../script.ts";
import type { advance } from "../../transitions/advance.ts";
import type { bury } from "../../transitions/bury.ts";
import type { close } from "../../transitions/close.ts";
import type { forward } from "../../transitions/forward.ts";
import type { handoff } from "../../transitions/handoff.ts";
import type { load } from "../../transitions/load.ts";
import type { missing } from "../../transitions/missing.ts";
import type { open } from "../../transitions/open.ts";
import type { settle } from "../../transitions/settle.ts";
import type { start } from "../../transitions/start.ts";
import type { withdraw } from "../../transitions/withdraw.ts";
import {
  deleteRows,
  disown,
  everyone,
  type Fields,
  forget,
  forwardRow,
  headerOf,
  move,
  type PartitionState,
  place,
  standing,
} from "./partition-state.ts";

type Holder = { conversation: string; member: string; grant: string };

/** Runs `action` on the record when it is the caller's, else answers as every transition does. */
function owned<Reply>(state: PartitionState, holding: Holder, action: (record: Fields) => Reply) {
  const status = standing(state, holding.conversation, holding);
  if (status !== "owned") return { status };
  return action(state.records[holding.conversation] ?? {});
}

/** The started mark: which head, by how many owners, and the grant of the last. */
function startedBy(record: Fields): { seq: number; deliveries: number; grant: string } {
  const [seq = "0", deliveries = "0", grant = ""] = (record["started"] ?? "").split(":");
  return { seq: Number(seq), deliveries: Number(deliveries), grant };
}

function loadedRecord(state: PartitionState, record: Fields) {
  const text = (name: string): string => record[name] ?? "";
  const chatId = text("chat");
  const handle = { chatId, secureKey: text("key"), userId: text("user"), alias: text("alias"), server: text("server") };
  return {
    life: text("life"),
    grant: text("grant"),
    seq: Number(record["seq"]),
    done: Number(record["done"]),
    handle: chatId === "" ? null : handle,
    parties: { customer: text("customer"), business: text("business") },
    shown: Number(record["shown"] ?? 0),
    answered: Number(record["answered"] ?? 0),
    suspect: Number(record["suspect"] ?? 0),
    deliveries: startedBy(record).seq === Number(record["done"]) + 1 ? startedBy(record).deliveries : 0,
    pending: text("pending"),
    appName: text("app"),
    partsShown: Number(record["parts"] ?? 0),
    holdMs: Math.max(0, Number(record["hold"] ?? 0) - state.now),
  };
}

/** Raises `shown` when the count speaks of the record's own session. */
function count(record: Fields, session: { chatId: string; shown: number }): void {
  const isHigher = session.shown > Number(record["shown"] ?? 0);
  if (record["chat"] === session.chatId && isHigher) record["shown"] = String(session.shown);
}

/** What each transition of a worker does, by the protocol's words alone. */
export const workerModel = {
  load: (state: PartitionState, { member, conversations }: RequestOf<typeof load>) =>
    conversations.map((id) => {
      const record = state.records[id];
      if (record === undefined) return { status: "gone" };
      if (record["owner"] !== member) return { status: "stale" };
      return { status: "owned", record: loadedRecord(state, record) };
    }),

  open: (state: PartitionState, request: RequestOf<typeof open>) =>
    owned(state, request.holding, (record) => {
      const { previousChatId, handle, parties, partsShown, appName } = request;
      const chat = record["chat"] ?? "";
      if (chat === handle.chatId) {
        if (appName !== "") record["app"] = appName;
        return { status: "opened" };
      }
      if (chat !== previousChatId) return { status: "stale" };
      const { chatId, secureKey: key, userId: user, alias, server } = handle;
      Object.assign(record, { chat: chatId, key, user, alias, server, ...parties, shown: "0", answered: "0" });
      forget(record, "pending", "parts", "app");
      if (partsShown > 0) record["parts"] = String(partsShown);
      if (appName !== "") record["app"] = appName;
      return { status: "opened" };
    }),

  advance: (state: PartitionState, request: RequestOf<typeof advance>) =>
    owned(state, request.holding, (record) => {
      const { handle, answered, refused, pending } = request;
      if (record["chat"] !== handle.chatId) return { status: "stale" };
      const held = Number(record["answered"] ?? 0);
      if (answered < held) return { status: "advanced", answered: held };
      if (answered > held) {
        forget(record, "pending");
        const letter = ["reply-rejected", request.holding.conversation, answered, 1, refused?.reason, refused?.payload];
        if (refused !== null) state.dead.push(letter.join("|"));
      }
      Object.assign(record, { answered: String(answered), alias: handle.alias, server: handle.server });
      if (pending !== "") record["pending"] = pending;
      return { status: "advanced", answered };
    }),

  settle: (state: PartitionState, { member, settlements }: RequestOf<typeof settle>) =>
    settlements.map(({ conversation, grant, done, session, entryIds }) => {
      const reply = owned(state, { conversation, member, grant }, (record) => {
        if (done > Number(record["seq"])) return { status: "stale" };
        if (done > Number(record["done"])) {
          record["done"] = String(done);
          forget(record, "started", "suspect", "parts");
        }
        count(record, session);
        deleteRows(state, member, entryIds);
        return { status: "ok" };
      });
      return reply.status;
    }),

  start: (state: PartitionState, { holding, seq, isSurvived }: RequestOf<typeof start>) =>
    owned(state, holding, (record) => {
      if (seq !== Number(record["done"]) + 1) return { status: "stale" };
      const started = startedBy(record);
      const isSame = started.seq === seq;
      const deliveries = isSame ? started.deliveries : 0;
      const isCounted = isSame && started.grant === holding.grant;
      if (isCounted !== isSurvived) return { status: "started", deliveries };
      const next = isSurvived ? deliveries - 1 : deliveries + 1;
      record["started"] = `${seq}:${next}:${isSurvived ? "" : holding.grant}`;
      return { status: "started", deliveries: next };
    }),

  bury: (state: PartitionState, { holding, burial }: RequestOf<typeof bury>) =>
    owned(state, holding, (record) => {
      const { seq, reason, attempts, detail, entryId } = burial;
      const head = Number(record["done"]) + 1;
      if (seq > head || seq > Number(record["seq"])) return { status: "early" };
      const row = (state.inboxes[holding.member] ?? []).find((other) => other.entryId === entryId);
      if (seq === head) {
        state.dead.push([reason, holding.conversation, seq, attempts, detail, row?.payload ?? ""].join("|"));
        record["done"] = String(seq);
        forget(record, "started", "suspect", "parts");
        count(record, burial.session);
      }
      deleteRows(state, holding.member, [entryId]);
      return { status: "buried" };
    }),

  missing: (state: PartitionState, { holding, seq }: RequestOf<typeof missing>) =>
    owned(state, holding, (record) => {
      const done = Number(record["done"]);
      if (seq <= done) return { status: "settled" };
      if (seq > done + 1 || seq > Number(record["seq"])) return { status: "early" };
      const found = (member: string) =>
        (state.inboxes[member] ?? []).find((row) => {
          const { kind, life, conversation, seq: rowSeq } = headerOf(row);
          const isOfRecord = conversation === holding.conversation && life === record["life"];
          return kind === "message" && isOfRecord && rowSeq === seq;
        });
      const here = found(holding.member);
      if (here !== undefined) return { status: "here", entryId: here.entryId };
      for (const member of everyone.filter((other) => other !== holding.member)) {
        const isOut = member === "unplaced" || state.workers[member]?.startsWith("evicted") === true;
        const isWaiting = isOut ? (state.inboxes[member] ?? []).length > 0 : found(member) !== undefined;
        if (isWaiting) return { status: "waiting" };
      }
      state.dead.push(["missing", holding.conversation, seq, 0, "in no inbox of the partition", ""].join("|"));
      record["done"] = String(seq);
      forget(record, "parts");
      return { status: "buried" };
    }),

  close: (state: PartitionState, { holding, chatId }: RequestOf<typeof close>) =>
    owned(state, holding, (record) => {
      if ((record["chat"] ?? "") !== chatId) return { status: "stale" };
      if (record["seq"] !== record["done"]) return { status: "pending" };
      delete state.records[holding.conversation];
      disown(state, holding.member, holding.conversation);
      return { status: "closed" };
    }),

  handoff: (state: PartitionState, { holding, nonce, cause }: RequestOf<typeof handoff>) =>
    owned(state, holding, () => {
      const to = place(state, holding.member);
      if (to === undefined) return { status: "nowhere" };
      const grant = move(state, holding.conversation, { to, nonce, cause, since: "-" });
      state.journal.push(["moved", cause, holding.conversation, holding.member, to, grant].join("|"));
      return { status: "moved", to };
    }),

  forward: (state: PartitionState, { member, entryIds }: RequestOf<typeof forward>) =>
    entryIds.map((entryId) => {
      const row = (state.inboxes[member] ?? []).find((other) => other.entryId === entryId);
      return row === undefined ? "absent" : forwardRow(state, member, row);
    }),

  withdraw: (state: PartitionState, { member }: RequestOf<typeof withdraw>) => {
    delete state.load[member];
    if (state.workers[member] === "active") state.workers[member] = "draining";
    return { owned: (state.owned[member] ?? []).length, entries: (state.inboxes[member] ?? []).length };
  },
};
