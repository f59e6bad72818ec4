export type { ClusterEvent, Emit } from "./events.ts";
export { classify, retryAfterMs, unaddressable } from "./classify.ts";
export type { Audience, Mishap } from "./classify.ts";
export type { Clock, Random } from "./ports/clock.ts";
export type { TlsMaterial, TrustSource } from "./ports/trust.ts";
export { failed, succeeded } from "./ports/outcome.ts";
export type { Failure, Outcome } from "./ports/outcome.ts";
export type { FetchedMessage, FileContent, Hub } from "./ports/hub.ts";
export type { Authority, Chat, ChatFile, ChatOpening, ChatTurn } from "./ports/chat.ts";
export { jobStates } from "./ports/jobs.ts";
export type { JobCard, JobFacts, JobHandler, JobInHand, JobPlan, Jobs, JobState } from "./ports/jobs.ts";
export type { Letter, LetterPage, Letters, Redriven } from "./ports/letters.ts";
export type { RedisServerView } from "./ports/redis-server.ts";
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
  PartitionCounts,
  PartitionMember,
  Partitions,
  PartitionView,
  RefusedReply,
  SessionCount,
  Settlement,
} from "./ports/partitions.ts";
export { mayBeExecutedUntil } from "./late-effect.ts";
export { mayStartEffect, trustUntil } from "./lease-trust.ts";
export type { LeaseBounds } from "./lease-trust.ts";
export { sortEntry } from "./mailbox.ts";
export type { Sorting, Standing } from "./mailbox.ts";
export { describeFile, render } from "./posts.ts";
export type { Post, Rendering } from "./posts.ts";
export { planReply, replyKey, withMedia } from "./reply.ts";
export type { AgentMessage, ReplyPlan } from "./reply.ts";
export { retryPauseMs } from "./retry.ts";
export type { RetryBounds } from "./retry.ts";
export { roomOf, shareOfRoom } from "./room.ts";
export {
  countTranscript,
  extraPosts,
  fitsPost,
  hasRepeats,
  isAgentMessage,
  isOwnPost,
  judgeSurplus,
  lostOfAgents,
  markOf,
  postsOfMissing,
  nextPosition,
} from "./transcript.ts";
export type { ReadMessage, TranscriptCount } from "./transcript.ts";
export { mayFetch } from "./admission.ts";
export type { BacklogBounds } from "./admission.ts";
export { planShedding, preferredHolder } from "./balance.ts";
export type { Load } from "./balance.ts";
export { judge } from "./death.ts";
export type { DeathBounds, DeathSentence } from "./death.ts";
export type { CallTrace, MessageScope, TracedBody, TracedCall } from "./ports/call-trace.ts";
