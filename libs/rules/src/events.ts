import type { ConversationId, MemberId } from "@dms/protocol";
import type { FetchedMessage } from "./ports/hub.ts";
import type { JobState } from "./ports/jobs.ts";
import type { PartitionView } from "./ports/partitions.ts";
import type { RedisServerView } from "./ports/redis-server.ts";
import type { MemberRole, Survey } from "./ports/registry.ts";

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
  | ({
      type: "message-shown";
      seq: number;
      messageId: string;
      messageType: string;
      entryId: string;
      chatId: string;
      posts: number;
      /** Calls that failed before it was shown. */
      failures: number;
      /** When the hub says that it was sent, wall clock ms; never later than now. */
      sentAt: number;
      /** From then to its place in the chat. */
      latencyMs: number;
      /** Of it, the time since this owner had it as the head of its conversation. */
      deliveryMs: number;
    } & OfConversation)
  /** Done with and never meant to stand in the transcript: typing, the end of a conversation. */
  | ({
      type: "message-noted";
      seq: number;
      messageId: string;
      messageType: string;
      sentAt: number;
      latencyMs: number;
      deliveryMs: number;
    } & OfConversation)
  /** `messageId` is "" where nobody can tell it any more. */
  | ({
      type: "message-buried";
      seq: number;
      messageId: string;
      reason: string;
      detail: string;
      sentAt: number;
      latencyMs: number;
      deliveryMs: number;
    } & OfConversation)
  | ({ type: "duplicate-suppressed"; posts: number } & OfConversation)
  | ({ type: "duplicate-possible"; reason: string } & OfConversation)
  | ({ type: "post-failed"; seq: number; code: string; detail: string; attempt: number } & OfConversation)
  // Sessions and conversations at a worker
  | ({ type: "conversation-loaded"; hasSession: boolean; holdMs: number } & OfConversation)
  | ({ type: "conversation-reconciled"; extra: number; own: number; shown: number } & OfConversation)
  | ({ type: "conversation-refused"; transition: string; status: string } & OfConversation)
  | ({ type: "conversation-moved"; to: MemberId; cause: string; seq: number; waiting: number } & OfConversation)
  /** The new owner has loaded what another member, dead or alive, had before; `reassignMs` is the part of the gap until the move. */
  | ({
      type: "conversation-taken-over";
      from: string;
      cause: string;
      grant: string;
      seq: number;
      waiting: number;
      hasSession: boolean;
      /** From the end of the former owner's lease to the move, by Redis's clock; null where nobody died. */
      reassignMs: number | null;
      holdMs: number;
    } & OfConversation)
  /** The first outside call of a new owner that was answered. */
  | ({ type: "conversation-resumed"; cause: string; firstEffectMs: number } & OfConversation)
  | ({ type: "conversation-closed" } & OfConversation)
  | ({ type: "session-opened"; chatId: string } & OfConversation)
  | ({ type: "session-ended"; chatId: string; isReadable: boolean } & OfConversation)
  | ({ type: "transcript-renumbered"; chatId: string } & OfConversation)
  // Replies
  | ({
      type: "reply-sent";
      chatId: string;
      ordinal: number;
      hubMessageId: string;
      isReplayed: boolean;
      failures: number;
      /** Since this owner saw the agent's message in the transcript. */
      deliveryMs: number;
    } & OfConversation)
  | ({ type: "reply-failed"; chatId: string; ordinal: number; code: string; detail: string } & OfConversation)
  | ({ type: "reply-refused"; chatId: string; ordinal: number; detail: string } & OfConversation)
  | ({ type: "reply-conflict"; chatId: string; ordinal: number; detail: string } & OfConversation)
  // A worker as a whole
  | { type: "redis-reset"; partitions: number }
  | { type: "redis-failed"; doing: string; code: string; detail: string }
  | { type: "drain-started"; conversations: number }
  | { type: "drain-ended"; left: number; durationMs: number }
  | { type: "ordered"; order: string }
  /** The inboxes were read; what was there may be nothing. */
  | { type: "inbox-read"; entries: number }
  // Dispatching
  | { type: "looked"; durationMs: number }
  | { type: "survey-taken"; survey: Survey }
  /** The hub answered a fetch: what it still holds was sent after `sentUpTo` (wall clock ms), its log being in order. */
  | { type: "batch-fetched"; channel: string; messages: number; sentUpTo: number }
  | { type: "batch-accepted"; channel: string; messages: number; accepted: number; skipped: number; upTo: number }
  /** The messages of a batch are in Redis, `storeMs` after the hub gave them; never for the log. */
  | { type: "batch-stored"; channel: string; batch: readonly FetchedMessage[]; storeMs: number }
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
  | { type: "partition-seen"; partition: number; view: PartitionView }
  | { type: "redis-seen"; servers: RedisServerView[] }
  // Jobs
  /** A run of a job is over: `again` when it will be tried again, `left` when this process stops and another goes on. */
  | {
      type: "job-ended";
      job: string;
      id: string;
      outcome: "completed" | "failed" | "again" | "left";
      run: number;
      durationMs: number;
      detail: string;
    }
  /** Its process has died or lost it: the job waits for another. */
  | { type: "job-stalled"; id: string }
  | { type: "jobs-seen"; queue: string; counts: Readonly<Record<JobState, number>> };

/** Takes each event as it happens; must not throw. */
export type Emit = (event: ClusterEvent) => void;
