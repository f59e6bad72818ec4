import { type InboundMessage, inboundMessageSchema, lengthsMax } from "./hub-message.ts";
import { isIdText } from "./id-text.ts";

/** Parts of a message that only their own schema can judge. */
const structured = ["media", "location", "contact", "interactive", "receipt"] as const;

type Loose = Record<string, unknown>;

function isObject(value: unknown): value is Loose {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTextOrAbsent(value: unknown, lengthMax = Number.POSITIVE_INFINITY): boolean {
  return value === undefined || (typeof value === "string" && value.length <= lengthMax);
}

function isId(value: unknown): boolean {
  return isIdText(value, lengthsMax.id);
}

function isParty(value: unknown): boolean {
  return (
    isObject(value) && isIdText(value["id"], lengthsMax.partyId) && isTextOrAbsent(value["name"], lengthsMax.partyName)
  );
}

function areTexts(value: unknown): boolean {
  if (value === undefined) return true;
  if (!isObject(value)) return false;
  for (const key in value) if (typeof value[key] !== "string") return false;
  return true;
}

/**
 * Whether the value is a message of type `text` that the schema would accept as it stands. False only says that the schema
 * must be asked. Most messages are such, and this look takes a twentieth of the time.
 */
export function isPlainText(value: unknown): value is InboundMessage {
  if (!isObject(value) || value["type"] !== "text") return false;
  const { sequence } = value;
  if (!Number.isSafeInteger(sequence) || (sequence as number) < 0) return false;
  if (!isId(value["id"]) || !isId(value["conversationId"]) || typeof value["sentAt"] !== "string") return false;
  if (!isParty(value["from"]) || !isParty(value["to"]) || structured.some((part) => value[part] !== undefined))
    return false;
  const isSaid = isTextOrAbsent(value["text"], lengthsMax.text);
  return (
    isSaid && isTextOrAbsent(value["activity"]) && isTextOrAbsent(value["replyTo"]) && areTexts(value["attributes"])
  );
}

/** Reads a stored payload; null for what is no message, as a row of another program. */
export function readStoredMessage(payload: string): InboundMessage | null {
  try {
    const value: unknown = JSON.parse(payload);
    return isPlainText(value) ? value : (inboundMessageSchema.safeParse(value).data ?? null);
  } catch {
    // Buried by the caller with its reason: what was stored stays readable in the dead letter.
    return null;
  }
}
