import type { ConversationId } from "@dms/protocol";
import type { ConversationHistory, DeadFact, History } from "@dms/testkit";
import { refusedText } from "./chat.ts";

/** What a run knows of its burials. */
export interface Undertaking {
  history: History;
  /** Option `worker.deliveries-max` of the run. */
  deliveriesMax: number;
  isDestroyed: (conversation: ConversationId, seq: number) => boolean;
}

const byDeath: ReadonlySet<string> = new Set(["proved", "expired", "forgotten"]);

/**
 * Messages that were buried for what they did not do. A dead letter has a reason (I1), and the simulator knows which one is
 * true: an innocent message in it is lost to its customer all the same.
 */
export function unjustBurials(undertaking: Undertaking): string[] {
  return [...undertaking.history.conversations.values()].flatMap((conversation) =>
    conversation.dead
      .filter((letter) => !isJust(letter, conversation, undertaking))
      .map(
        ({ reason, messageId, seq }) =>
          `burial ${conversation.conversation}: ${messageId === null ? `number ${seq}` : `message ${messageId}`} was buried as ${reason}`,
      ),
  );
}

function isJust(letter: DeadFact, conversation: ConversationHistory, undertaking: Undertaking): boolean {
  const { reason, messageId, seq } = letter;
  // The one hole there is was made by an operator.
  if (reason === "missing") return undertaking.isDestroyed(conversation.conversation, seq);
  const message = conversation.inbound.find(({ id }) => id === messageId);
  if (message === undefined) return true;
  const text = JSON.stringify(message.message);
  if (reason === "rejected") return text.includes(refusedText);
  if (reason === "malformed") return text.includes("nobody");
  if (reason === "no-session") return text.includes("receipt");
  // Whoever was in hand as often when its worker died, for whatever reason, is buried as the likely cause: that is what is
  // promised. The first of these deaths only makes it a suspect. (A17)
  if (reason !== "crashing") return false;
  return conversation.moves.filter(({ cause }) => byDeath.has(cause)).length > undertaking.deliveriesMax;
}
