import type { ConversationId, MemberId } from "@dms/protocol";
import type { MemberRole } from "./ports/registry.ts";

interface OfConversation {
  conversation: ConversationId;
  partition: number;
}

/**
 * All that happens in the core, as one union: `telemetry.ts` of each app turns it into log lines and metrics, tests wait
 * for it. Ids belong into logs, never into metric labels. Times in milliseconds.
 */
export type ClusterEvent =
  // Membership
  | { type: "member-joined"; member: MemberId; role: MemberRole }
  | { type: "lease-renewed"; member: MemberId; lateMs: number }
  | { type: "lease-lost"; member: MemberId; cause: "evicted" | "expired" }
  | { type: "member-left"; member: MemberId }
  | { type: "waiting"; for: string; detail: string }
  // A message's way
  | ({ type: "message-shown"; seq: number; messageId: string; posts: number; latencyMs: number } & OfConversation)
  | ({ type: "message-settled"; seq: number } & OfConversation)
  | ({ type: "message-buried"; seq: number; reason: string; detail: string } & OfConversation)
  | ({ type: "duplicate-suppressed"; posts: number } & OfConversation)
  | ({ type: "duplicate-possible"; reason: string } & OfConversation)
  | ({ type: "post-failed"; seq: number; code: string; detail: string; attempt: number } & OfConversation)
  // Sessions and conversations at a worker
  | ({ type: "conversation-loaded"; hasSession: boolean; holdMs: number } & OfConversation)
  | ({ type: "conversation-reconciled"; extra: number; own: number; shown: number } & OfConversation)
  | ({ type: "conversation-refused"; transition: string; status: string } & OfConversation)
  | ({ type: "conversation-moved"; to: MemberId; cause: string } & OfConversation)
  | ({ type: "conversation-closed" } & OfConversation)
  | ({ type: "session-opened"; chatId: string } & OfConversation)
  | ({ type: "session-ended"; chatId: string; isReadable: boolean } & OfConversation)
  | ({ type: "transcript-renumbered"; chatId: string } & OfConversation)
  // Replies
  | ({ type: "reply-sent"; chatId: string; ordinal: number; isReplayed: boolean } & OfConversation)
  | ({ type: "reply-failed"; chatId: string; ordinal: number; code: string; detail: string } & OfConversation)
  | ({ type: "reply-refused"; chatId: string; ordinal: number; detail: string } & OfConversation)
  | ({ type: "reply-conflict"; chatId: string; ordinal: number; detail: string } & OfConversation)
  // A worker as a whole
  | { type: "redis-reset"; partitions: number }
  | { type: "redis-failed"; doing: string; code: string; detail: string }
  | { type: "drain-started"; conversations: number }
  | { type: "drain-ended"; left: number; durationMs: number }
  | { type: "ordered"; order: string }
  // Dispatching
  | { type: "batch-accepted"; channel: string; messages: number; accepted: number; skipped: number; upTo: number }
  | { type: "batch-confirmed"; channel: string; upTo: number }
  | { type: "fetch-failed"; channel: string; operation: string; code: string; detail: string }
  | { type: "fetch-behind"; channel: string; partition: number; taken: number; after: number }
  | { type: "fetch-gap"; channel: string; partition: number; sequences: number }
  | { type: "fetch-paused"; channel: string; backlog: number }
  | { type: "fetch-resumed"; channel: string; backlog: number }
  | { type: "message-malformed"; channel: string; sequence: number; fault: string }
  | { type: "fetcher-gained"; channel: string }
  | { type: "fetcher-lost"; channel: string; holder: string }
  | { type: "leader-gained"; partition: number }
  | { type: "leader-lost"; partition: number; holder: string }
  | { type: "member-admitted"; partition: number; member: MemberId; state: string }
  | { type: "member-evicted"; partition: number; member: MemberId; cause: string; sinceLeaseEndMs: number }
  | { type: "rehomed"; partition: number; from: MemberId; conversations: number; entries: number; cause: string }
  | { type: "backlog"; partition: number; backlog: number; deadLetters: number; unplaced: number };

/** Takes each event as it happens; must not throw. */
export type Emit = (event: ClusterEvent) => void;
