import type { DeadFact, History, InboundFact } from "@dms/testkit";
import { refusedText } from "./chat.ts";

/**
 * Messages that were buried for what they did not do. A dead letter has a reason (I1), and the simulator knows which one is
 * true: an innocent message in it is lost to its customer all the same.
 */
export function unjustBurials(history: History): string[] {
  return [...history.conversations.values()].flatMap(({ conversation, dead, inbound }) =>
    dead.flatMap((letter) => {
      const message = inbound.find(({ id }) => id === letter.messageId);
      if (message === undefined || isJust(letter, message)) return [];
      return [`burial ${conversation}: message ${message.id} was buried as ${letter.reason}`];
    }),
  );
}

function isJust({ reason }: DeadFact, { message }: InboundFact): boolean {
  const text = JSON.stringify(message);
  if (reason === "rejected") return text.includes(refusedText);
  if (reason === "malformed") return text.includes("nobody");
  if (reason === "no-session") return text.includes("receipt");
  // The one hole there is was made by an operator, whose message is known; and whoever was in hand as often when its worker
  // died, for whatever reason, is buried as the likely cause: that is what is promised.
  return reason === "missing" || reason === "crashing";
}
