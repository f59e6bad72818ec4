import { inboundMessageSchema, mediaSchema } from "@dms/protocol";
import { z } from "zod";

/**
 * A message as the admin interface and the traffic give it to the hub, which adds `sequence` and `id`. Stricter than
 * what a client must be able to read: it is all that the contract promises.
 */
export const inboundDraftSchema = inboundMessageSchema.omit({ sequence: true, id: true }).extend({
  conversationId: z.string().min(1).max(255),
  sentAt: z.iso.datetime({ offset: true }).optional(),
  text: z.string().max(65_536).optional(),
  interactive: z
    .looseObject({
      kind: z.enum(["quick-reply", "list", "date-time", "form"]).optional(),
      id: z.string().optional(),
      title: z.string().optional(),
      payload: z.string().optional(),
    })
    .optional(),
  receipt: z
    .looseObject({
      messageId: z.string().optional(),
      status: z.enum(["sent", "delivered", "read", "failed"]).optional(),
      reason: z.string().optional(),
    })
    .optional(),
  activity: z.enum(["typing-started", "typing-stopped", "ended"]).optional(),
});

/** What even a message that breaks the contract on purpose must have, so that the ledger can name it. */
export const uncheckedDraftSchema = z.looseObject({ conversationId: z.string(), type: z.string() });

/** `OutboundMessage` of the contract. Unknown fields are kept: the ledger shows what was sent. */
export const outboundMessageSchema = z.looseObject({
  conversationId: z.string(),
  from: z.string(),
  to: z.string(),
  type: z.enum(["text", "media", "structured"]),
  text: z.string().optional(),
  media: z.array(mediaSchema).optional(),
  contentType: z.string().optional(),
  content: z.unknown().optional(),
  replyTo: z.string().optional(),
});

export const activitySchema = z.object({
  conversationId: z.string(),
  to: z.string(),
  kind: z.enum(["typing-started", "typing-stopped", "read"]),
  messageId: z.string().optional(),
});

type DraftField =
  | "from"
  | "to"
  | "sentAt"
  | "text"
  | "media"
  | "location"
  | "contact"
  | "interactive"
  | "receipt"
  | "activity"
  | "replyTo"
  | "attributes";
export type InboundDraft = z.infer<typeof uncheckedDraftSchema> &
  Partial<Pick<z.infer<typeof inboundDraftSchema>, DraftField>>;
/** A message of the log as it is given out. Only its envelope is certain: tests may put in what breaks the contract. */
export type LoggedMessage = InboundDraft & { sequence: number; id: string; sentAt: string };
export type SentMessage = z.infer<typeof outboundMessageSchema>;
export type SentActivity = z.infer<typeof activitySchema>;
