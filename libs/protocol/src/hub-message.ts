import { z } from "zod";
import { idText } from "./id-text.ts";

/** Characters of ids, names and texts that are taken from a hub, at most. */
export const lengthsMax = {
  id: 255,
  partyId: 1024,
  partyName: 4096,
  /** The contract's 65536 characters, of which a string of this language may need two places each. */
  text: 131_072,
} as const;

/** Who sent or receives a message at the hub. */
export const partySchema = z.looseObject({
  id: idText(lengthsMax.partyId),
  name: z.string().max(lengthsMax.partyName).optional(),
});

/** A file at the hub; `bytes` is its size. */
export const mediaSchema = z.looseObject({
  id: idText(1024),
  mime: z.string().optional(),
  name: z.string().optional(),
  bytes: z.number().int().optional(),
  caption: z.string().optional(),
});

/** Files of one message; each is a post of its own. */
const mediaMax = 100;

export const messageTypes = ["text", "media", "location", "contact", "interactive", "receipt", "activity"] as const;

/**
 * A message that a customer sent, as the Hub API gives it (`InboundMessage`). Unknown fields are kept: what the hub
 * gave is what is stored. Source: the Hub contract.
 */
export const inboundMessageSchema = z.looseObject({
  sequence: z.number().int().nonnegative(),
  id: idText(lengthsMax.id),
  conversationId: idText(lengthsMax.id),
  type: z.enum(messageTypes),
  from: partySchema,
  to: partySchema,
  sentAt: z.string(),
  text: z.string().max(lengthsMax.text).optional(),
  media: z.array(mediaSchema).max(mediaMax).optional(),
  location: z
    .looseObject({
      latitude: z.number().optional(),
      longitude: z.number().optional(),
      name: z.string().optional(),
      address: z.string().optional(),
    })
    .optional(),
  contact: z.looseObject({}).optional(),
  interactive: z
    .looseObject({
      kind: z.string().optional(),
      id: z.string().optional(),
      title: z.string().optional(),
      payload: z.string().optional(),
    })
    .optional(),
  receipt: z
    .looseObject({ messageId: z.string().optional(), status: z.string().optional(), reason: z.string().optional() })
    .optional(),
  activity: z.string().optional(),
  replyTo: z.string().optional(),
  attributes: z.record(z.string(), z.string()).optional(),
});

/** What every inbound message must have for the log's order to be kept, even if the rest of it does not parse. */
export const inboundEnvelopeSchema = z.looseObject({ sequence: z.number().int().nonnegative() });

/** Whose a message is, where the rest of it does not parse: for people who look at it. */
export const inboundOriginSchema = z.looseObject({ conversationId: idText(lengthsMax.id) });

/** A fetch's answer: messages in `sequence` order, each still to be parsed by itself so that one bad one harms no other. */
export const batchSchema = z.looseObject({ messages: z.array(z.unknown()) });

export const tokenSchema = z.looseObject({
  /** As RFC 6750 has it, near enough: what could not stand in a header would make every call look at fault. */
  access_token: z
    .string()
    .max(16_384)
    .regex(/^[\x21-\x7e]+$/),
  token_type: z.string(),
  expires_in: z.number().nonnegative(),
});

export const acceptedSchema = z.looseObject({ id: z.string(), acceptedAt: z.string() });
export const confirmedSchema = z.looseObject({ confirmedUpTo: z.number().int().nonnegative() });

/** When the hub says that a stored message was sent, wall clock ms, without parsing all of it; NaN when it does not say. */
export function sentAtIn(payload: string): number {
  return Date.parse(/"sentAt":"([^"]*)"/.exec(payload)?.[1] ?? "");
}

/** The id of a stored message; "" when it does not parse. */
export function messageIdIn(payload: string): string {
  try {
    const message: unknown = JSON.parse(payload);
    const id = typeof message === "object" && message !== null && "id" in message ? message.id : "";
    return typeof id === "string" ? id : "";
  } catch {
    // What is buried may be what could not be read.
    return "";
  }
}

export type Party = z.infer<typeof partySchema>;
export type Media = z.infer<typeof mediaSchema>;
export type InboundMessage = z.infer<typeof inboundMessageSchema>;

/** A message to a customer, as the Hub API takes it (`OutboundMessage`). */
export interface OutboundMessage {
  conversationId: string;
  /** The business address. */
  from: string;
  /** The customer's id. */
  to: string;
  type: "text" | "media" | "structured";
  text?: string;
  media?: Media[];
  contentType?: string;
  content?: unknown;
  replyTo?: string;
}

/** A sign towards the customer, best effort. */
export interface OutboundActivity {
  conversationId: string;
  to: string;
  kind: "typing-started" | "typing-stopped" | "read";
  messageId?: string;
}
