import { z } from "zod";

/** Types of a transcript event in Chat API Version 2. */
export const chatEventTypes = [
  "ParticipantJoined",
  "ParticipantLeft",
  "Message",
  "PushUrl",
  "TypingStarted",
  "TypingStopped",
  "NicknameUpdated",
  "FileUploaded",
  "FileDeleted",
  "CustomNotice",
  "Notice",
] as const;

/** One event of a session's transcript; `index` counts from 1, `utcTime` is in milliseconds. */
export const chatEventSchema = z.looseObject({
  from: z.looseObject({
    nickname: z.string().optional(),
    participantId: z.number().optional(),
    type: z.string(),
  }),
  index: z.number().int().optional(),
  type: z.string(),
  utcTime: z.number().optional(),
  text: z.string().optional(),
  messageType: z.string().optional(),
  userData: z.record(z.string(), z.unknown()).optional(),
  eventAttributes: z.looseObject({}).optional(),
  /** Ours: the event as JSON, when its other fields are not all that the server sent. */
  unreadable: z.string().optional(),
});

/** The one response shape of every operation of Chat API Version 2. Trust the other fields only at `statusCode` 0. */
export const chatResponseSchema = z.looseObject({
  statusCode: z.number().int(),
  alias: z.string().optional(),
  userId: z.string().optional(),
  secureKey: z.string().optional(),
  chatId: z.string().optional(),
  chatEnded: z.boolean().optional(),
  nextPosition: z.number().int().optional(),
  messages: z.array(chatEventSchema).optional(),
  userData: z.record(z.string(), z.unknown()).optional(),
});

/** Half a character cannot stand in an address or a key of Redis. */
const handleText = z
  .string()
  .max(1024)
  .refine((text) => text.isWellFormed())
  .optional()
  .catch(undefined);

/**
 * A response as a client takes it, from a server that may be broken: its events are still to be parsed, each by itself,
 * so that one that does not parse hides no other. What of the rest is not usable counts as not said.
 */
export const chatTurnSchema = z.object({
  statusCode: z.number().int(),
  alias: handleText,
  userId: handleText,
  secureKey: handleText,
  chatId: handleText,
  chatEnded: z.boolean().optional(),
  nextPosition: z.number().int().positive().optional().catch(undefined),
  messages: z.array(z.unknown()).optional(),
});

export type ChatTurnResponse = z.infer<typeof chatTurnSchema>;
export type ChatEvent = z.infer<typeof chatEventSchema>;
export type ChatResponse = z.infer<typeof chatResponseSchema>;

/**
 * All that another worker needs to go on with a session. `server` is the base URL that answered last; any other
 * configured server may take its place. `userId` and `alias` are sent when known ("" when not), `alias` is the last seen.
 */
export interface ChatHandle {
  chatId: string;
  secureKey: string;
  userId: string;
  alias: string;
  server: string;
}
