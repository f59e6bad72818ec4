import type { InboundMessage } from "@dms/protocol";

/**
 * What customers wrote, by its place in the log: the same for every contestant. A message is about 430 bytes as JSON, text
 * with accents and an emoji included; conversations take turns in a fixed pseudo-random order.
 */
export interface LogPlan {
  conversations: number;
  /** The last so many conversations get half of all messages once every conversation has its first; none by default. */
  lively?: number;
}

const texts = [
  "Guten Tag, ich warte seit Montag auf meine Lieferung. Können Sie bitte nachsehen, wo das Paket geblieben ist? 📦",
  "Hello, I changed my address last week but the invoice still shows the old one. Could somebody please correct it?",
  "Merci beaucoup pour votre réponse rapide ! Je préfère un remboursement sur ma carte plutôt qu'un nouvel envoi.",
  "The app asks me for the code again and again. I have restarted the phone twice and it is still the same, sorry!",
];

/** A multiplier that visits conversations in an order without runs (MurmurHash3's finaliser). */
function scattered(sequence: number): number {
  let hash = sequence;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Every conversation gets its first message among the first `conversations` messages, later ones are scattered. */
export function conversationAt(sequence: number, { conversations, lively = 0 }: LogPlan): number {
  if (sequence <= conversations) return sequence - 1;
  if (lively > 0 && sequence % 2 === 0) return conversations - 1 - (scattered(sequence) % lively);
  return scattered(sequence) % conversations;
}

export function messageAt(sequence: number, plan: LogPlan): InboundMessage {
  const conversation = conversationAt(sequence, plan);
  const customer = `49170${String(1_000_000 + conversation)}`;
  return {
    sequence,
    id: `wamid.HBgMNDkxNzAxMjM0NTY3FQIAEhgg${sequence}`,
    conversationId: customer,
    type: "text",
    from: { id: customer, name: `Customer ${conversation}` },
    to: { id: "4930901820" },
    sentAt: "2026-11-25T10:15:30.123Z",
    text: `${texts[sequence % texts.length]} #${sequence}`,
    attributes: { locale: "de-DE", campaign: "autumn" },
  };
}

/** The sequence that a text carries at its end. */
export function sequenceOf(text: string): number {
  return Number(text.slice(text.lastIndexOf("#") + 1));
}
