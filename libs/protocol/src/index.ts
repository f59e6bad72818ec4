export {
  acceptedSchema,
  batchSchema,
  confirmedSchema,
  inboundEnvelopeSchema,
  inboundOriginSchema,
  inboundMessageSchema,
  mediaSchema,
  messageIdIn,
  messageTypes,
  partySchema,
  sentAtIn,
  tokenSchema,
} from "./hub-message.ts";
export type { InboundMessage, Media, OutboundActivity, OutboundMessage, Party } from "./hub-message.ts";
export { isPlainText, readStoredMessage } from "./stored-message.ts";
export { chatEventSchema, chatEventTypes, chatResponseSchema, chatTurnSchema } from "./chat-api.ts";
export type { ChatEvent, ChatHandle, ChatResponse, ChatTurnResponse } from "./chat-api.ts";
export { channelNamePattern, conversationId, partitionOf, splitConversationId, unplaced } from "./ids.ts";
export type { ConversationId, MemberId } from "./ids.ts";
export { entryFields, parseEntryHeader } from "./entry.ts";
export type { Entry, EntryHeader } from "./entry.ts";
export type { Parties } from "./parties.ts";
export { parseTakeover } from "./takeover.ts";
export type { Takeover } from "./takeover.ts";
export { letterJobSchema, letterReasons, redrivable } from "./letter-job.ts";
export type { LetterJob } from "./letter-job.ts";
