import type { ConversationId, MemberId } from "@dms/protocol";
import { expect, test } from "vitest";
import { Ledger, type StreamRow } from "./ledger.ts";

const id = "whatsapp:c-1" as ConversationId;
const parties = { conversationId: "c-1", from: { id: "c" }, to: { id: "b" }, sentAt: "2026-01-01T00:00:00Z" };
const payload = (sequence: number, said: object = { type: "text", text: `says ${sequence}` }): string =>
  JSON.stringify({ sequence, id: `in-${sequence}`, ...parties, ...said });

function ledgerOf(...sequences: number[]): Ledger {
  const ledger = new Ledger("whatsapp");
  for (const sequence of sequences) {
    const message = JSON.parse(payload(sequence)) as Record<string, unknown>;
    ledger.received({ sequence, id: `in-${sequence}`, receivedAt: 0, message });
  }
  return ledger;
}

const letter = (reason: string, held: string): StreamRow => [
  "1-0",
  ["reason", reason, "conversation", id, "seq", "1", "payload", held, "detail", ""],
];

const deadOf = (ledger: Ledger) =>
  ledger.history.conversations.get(id)?.dead.map(({ reason, messageId }) => [reason, messageId]);

test("ledger: of two entries with one number, deleted in two lives of a conversation, the one that no letter names is missing", () => {
  const ledger = ledgerOf(1, 8);
  ledger.destroyed(`m 1 a a ${id}`, payload(1));
  ledger.destroyed(`m 1 b b ${id}`, payload(8));
  ledger.dead([letter("missing", ""), letter("rejected", payload(8))]);
  expect(deadOf(ledger)).toEqual([
    ["missing", "in-1"],
    ["rejected", "in-8"],
  ]);
  ledger.dead([letter("missing", ""), letter("missing", "")]);
  expect(deadOf(ledger)).toEqual([
    ["missing", "in-1"],
    ["missing", "in-8"],
  ]);
});

test.each([
  ["text", { type: "text", text: "says 1" }, "says 1"],
  ["receipt", { type: "receipt", receipt: { messageId: "out-1", status: "read" } }, "[receipt] read out-1"],
])("ledger: a letter for an entry that was deleted after its message was shown names nobody (%s)", (_, said, text) => {
  const ledger = new Ledger("whatsapp");
  const message = JSON.parse(payload(1, said)) as Record<string, unknown>;
  ledger.received({ sequence: 1, id: "in-1", receivedAt: 0, message });
  const authority = { member: "w.1" as MemberId, grant: "1.a", stands: () => true };
  ledger.created({ chatId: "chat1", hubConversationId: "c-1", at: 0 }, authority);
  ledger.event("chat1", { type: "Message", from: { type: "Client" }, index: 1, text }, { at: 1, authority: null });
  ledger.destroyed(`m 1 a a ${id}`, payload(1, said));
  ledger.dead([letter("missing", "")]);
  expect(deadOf(ledger)).toEqual([["missing", null]]);
});
