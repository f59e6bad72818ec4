import type { InboundMessage } from "@dms/protocol";

/** The one channel of a stage. */
export const channel = "whatsapp";

/** What a customer sent, as far as a test cares; a string is a text. */
export type Said = string | Partial<InboundMessage>;

/** A whole message of one conversation. */
export function inbound(sequence: number, conversation: string, said: Said): InboundMessage {
  const customer = { id: `customer-${conversation}`, name: "Ann" };
  const envelope = { sequence, id: `in-${sequence}`, conversationId: conversation, sentAt: "2026-01-01T00:00:00Z" };
  const changes = typeof said === "string" ? { text: said } : said;
  return { ...envelope, type: "text", from: customer, to: { id: "business" }, ...changes };
}

/** A file with a caption: two posts. */
export const captioned: Said = { type: "media", media: [{ id: "f1", name: "f", caption: "cap" }] };
