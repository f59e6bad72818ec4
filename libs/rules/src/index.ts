export type { Clock, Random } from "./ports/clock.ts";
export { failed, succeeded } from "./ports/outcome.ts";
export type { Failure, Outcome } from "./ports/outcome.ts";
export type { FetchedMessage, FileContent, Hub } from "./ports/hub.ts";
export type { Chat, ChatOpening, ChatTurn } from "./ports/chat.ts";
export type {
  LeaseReply,
  MemberCard,
  MemberLoad,
  MemberRole,
  MemberState,
  MemberView,
  Order,
  Registry,
  Survey,
} from "./ports/registry.ts";
export type {
  AcceptBatch,
  AcceptedMessage,
  AcceptReply,
  Burial,
  ConversationRecord,
  Holding,
  InboxCursors,
  InboxReader,
  Leadership,
  LoadedRecord,
  PartitionMember,
  Partitions,
  PartitionView,
  SessionCount,
  Settlement,
} from "./ports/partitions.ts";
