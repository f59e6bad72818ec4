import { conversationId } from "@dms/protocol";
import { expect, test } from "vitest";
import { verdict } from "./checkers/verdict.ts";
import type { ChatAdmin, ChatLedgerRow } from "./chat-admin.ts";
import type { HubAdmin, HubLedger } from "./hub-admin.ts";
import { Ledgers } from "./ledgers.ts";
import type { JournalRow } from "./redis-journal.ts";
import type { DeadLetterRow } from "./redis-view.ts";

const parties = { from: { id: "customer" }, to: { id: "business" }, sentAt: "2026-01-01T00:00:00Z" };
const one = conversationId("sms", "c1");

/** Ledgers that a test fills by hand. */
function sources() {
  const inbound: HubLedger["inbound"] = [];
  const outbound: HubLedger["outbound"] = [];
  const rows: ChatLedgerRow[] = [];
  const dead = { isAnew: false, rows: [] as DeadLetterRow[] };
  const journal: JournalRow[] = [];
  const held = new Set<string>();
  const confirmed: Record<string, number> = {};
  const hub: Partial<HubAdmin> = {
    ledger: async (from) => ({
      inbound: inbound.slice(from.inbound),
      outbound: outbound.slice(from.outbound),
      confirmed: { ...confirmed },
      replays: 0,
      conflicts: 0,
    }),
  };
  const chat: Partial<ChatAdmin> = {
    ledger: async (from) => ({ events: rows.slice(from), next: rows.length }),
  };
  const down: Partial<ChatAdmin> = {
    ledger: async () => {
      throw new Error("down");
    },
  };
  const redis = {
    deadLetters: async () => dead,
    backlog: async () => 0,
    journal: async () => ({ isWhole: true, rows: journal.splice(0) }),
    unsettled: async () => new Set(held),
    state: async () => {
      throw new Error("nobody asks");
    },
    clear: async () => undefined,
    close: () => {},
  };
  const chats = [down, chat] as ChatAdmin[];
  return {
    rows,
    dead,
    journal,
    held,
    confirmed,
    receive: (text: string): void => {
      const sequence = inbound.length + 1;
      const message = { sequence, id: `m${sequence}`, conversationId: "c1", type: "text", text, ...parties };
      inbound.push({ channel: "sms", sequence, id: message.id, conversationId: "c1", receivedAt: 1, message });
    },
    ledgers: new Ledgers({ hub: hub as HubAdmin, chats, redis, channels: ["whatsapp", "sms"] }),
  };
}

test("readers at the same time take each row once, from whichever chat server answers", async () => {
  const { ledgers, rows, receive } = sources();
  receive("a");
  const userData = { _umsChannel: "channel-sms" };
  const of = { chatId: "s", conversation: "c1", at: 2 };
  const event = { from: { type: "Client" }, type: "Message", text: "a", index: 2 };
  rows.push({ ...of, kind: "created", userData }, { ...of, kind: "event", event });
  await Promise.all([ledgers.read(), ledgers.read()]);
  expect([...ledgers.history.conversations.keys()]).toEqual([one]);
  expect(ledgers.history.conversations.get(one)?.shown).toHaveLength(1);
  expect(verdict(ledgers.history, { isAtRest: true }).isClean).toBe(true);
});

test("a dead letter that names no conversation belongs to the one that its sequence does", async () => {
  const { ledgers, dead, receive } = sources();
  receive("a");
  const fields = { reason: "malformed", conversation: "sms:", detail: "sequence 1", payload: '{"id":"m1"}' };
  dead.rows = [{ partition: 0, fields }];
  await ledgers.read();
  expect(ledgers.history.conversations.get(one)?.dead).toMatchObject([{ reason: "malformed", messageId: "m1" }]);
  expect(verdict(ledgers.history, { isAtRest: true }).isClean).toBe(true);
});

test("dead letters that Redis has lost are forgotten", async () => {
  const { ledgers, dead, receive } = sources();
  receive("a");
  dead.rows = [{ partition: 0, fields: { reason: "rejected", conversation: one, seq: "1", payload: '{"id":"m1"}' } }];
  await ledgers.read();
  Object.assign(dead, { isAnew: true, rows: [] });
  await ledgers.read();
  expect(ledgers.history.deadLetters).toBe(0);
  expect(verdict(ledgers.history, { isAtRest: true }).counts.lost).toBe(1);
});

test("effects are told with who made them, and owners with what the journal says", async () => {
  const { ledgers, rows, journal } = sources();
  const caller = { member: "w1.x", grant: "7.a" };
  const of = { chatId: "s", conversation: "c1", at: 2 };
  const event = { from: { type: "Client" }, type: "Message", text: "a", index: 2 };
  rows.push(
    { ...of, kind: "created", userData: { _umsChannel: "sms" }, caller },
    { ...of, kind: "event", event, caller },
    { ...of, kind: "event", event: { ...event, type: "ParticipantJoined" } },
    { ...of, kind: "ended", endedBy: "client", caller },
  );
  const fields = { cause: "new", conversation: one, from: "", to: "w1.x", grant: "7.a" };
  journal.push(
    { partition: 3, at: 1, fields: { event: "placed", ...fields } },
    { partition: 3, at: 5, fields: { event: "evicted", cause: "expired", from: "w1.x" } },
  );
  await ledgers.read();
  const conversation = ledgers.history.conversations.get(one);
  expect(conversation?.effects.map(({ kind, epoch }) => `${kind} ${epoch}`)).toEqual([
    "create 7",
    "post 7",
    "disconnect 7",
  ]);
  expect(conversation?.moves).toMatchObject([{ event: "placed", to: "w1.x", epoch: 7 }]);
  expect(ledgers.history.evictions).toMatchObject([{ partition: 3, member: "w1.x", cause: "expired" }]);
});

test("a message that is confirmed and in no inbox is processed; one in an inbox, or not confirmed, is not", async () => {
  const { ledgers, receive, held, confirmed } = sources();
  receive("a");
  receive("b");
  receive("c");
  held.add("sms:1");
  confirmed["sms"] = 2;
  await ledgers.read();
  await ledgers.read();
  expect(ledgers.history.conversations.get(one)?.processed).toMatchObject([{ messageId: "m2" }]);
  expect(verdict(ledgers.history, { isAtRest: false }).findings).toMatchObject([{ invariant: "I6" }]);
});
