import { conversationIn, type DeadFact, emptyHistory, type MoveFact } from "@dms/testkit";
import type { ConversationId } from "@dms/protocol";
import { expect, test } from "vitest";
import { type Undertaking, unjustBurials } from "./burials.ts";

const id = "whatsapp:c-1" as ConversationId;

function undertaking(
  letter: Partial<DeadFact>,
  rest: { deaths?: number; destroyed?: number; text?: string },
): Undertaking {
  const history = emptyHistory();
  const conversation = conversationIn(history, id);
  conversation.inbound.push({ sequence: 1, id: "in-1", receivedAt: 1, message: { text: rest.text ?? "hello" } });
  conversation.dead.push({ reason: "missing", messageId: null, seq: 1, payload: "", ...letter });
  const died: MoveFact = { at: 2, event: "moved", cause: "expired", from: "a", to: "b", grant: "1.a", epoch: 1 };
  conversation.moves.push(...Array.from({ length: rest.deaths ?? 0 }, () => died));
  return { history, deliveriesMax: 2, isDestroyed: (_, seq) => seq === rest.destroyed };
}

test("burials: only what an operator deleted may be missing", () => {
  expect(unjustBurials(undertaking({ reason: "missing" }, {}))).toHaveLength(1);
  expect(unjustBurials(undertaking({ reason: "missing" }, { destroyed: 1 }))).toEqual([]);
});

test("burials: a message is buried as crashing only after more deaths than deliveries are allowed", () => {
  const letter = { reason: "crashing", messageId: "in-1" };
  expect(unjustBurials(undertaking(letter, { deaths: 2 }))).toHaveLength(1);
  expect(unjustBurials(undertaking(letter, { deaths: 3 }))).toEqual([]);
});

test("burials: a message is rejected only if the chat servers refuse it", () => {
  const letter = { reason: "rejected", messageId: "in-1" };
  expect(unjustBurials(undertaking(letter, {}))).toHaveLength(1);
  expect(unjustBurials(undertaking(letter, { text: "this is refused" }))).toEqual([]);
});
