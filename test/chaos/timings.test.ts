import { conversationId } from "@dms/protocol";
import { conversationIn, emptyHistory } from "@dms/testkit";
import { expect, test } from "vitest";
import { timingsOf } from "./timings.ts";

const parties = { from: { id: "c" }, to: { id: "b" }, sentAt: "2026-01-01T00:00:00Z" };

test("timings: from a death to its detection, to the new owner, and to the first message that waited", () => {
  const history = emptyHistory();
  const conversation = conversationIn(history, conversationId("sms", "c1"));
  const message = { sequence: 1, id: "m1", conversationId: "c1", type: "text", text: "a", ...parties };
  conversation.inbound.push({ sequence: 1, id: "m1", receivedAt: 1100, message });
  conversation.shown.push({ order: 1, at: 1700, chatId: "s", kind: "text", text: "a" });
  const move = { event: "moved", from: "w1", to: "w2", grant: "2.a", epoch: 2 } as const;
  conversation.moves.push({ at: 500, event: "placed", cause: "new", from: "", to: "w1", grant: "1.a", epoch: 1 });
  conversation.moves.push({ ...move, at: 1250, cause: "proved" });
  history.evictions.push({ at: 1200, partition: 0, member: "w1", cause: "proved" });
  const death = { kind: "death", target: "worker", name: "w", member: "w1", at: 1000, endedAt: 1000 } as const;
  history.deeds.push({ ...death, isProved: true });
  expect(timingsOf(history).proved).toEqual({ detect: [200], reassign: [250], firstEffect: [600] });
  expect(timingsOf(history).unproved).toEqual({ detect: [], reassign: [], firstEffect: [] });
});
