import type { ChatHandle, ConversationId, Entry, MemberId, Parties } from "@dms/protocol";
import type { LeaseReply } from "./registry.ts";

/** Names one conversation as one owner holds it. Compared for equality by every transition that a worker calls. */
export interface Holding {
  partition: number;
  member: MemberId;
  conversation: ConversationId;
  grant: string;
}

/** A message as the fetcher stores it; `conversation` null for one that did not parse. */
export interface AcceptedMessage {
  sequence: number;
  conversation: ConversationId | null;
  /** What one that did not parse says its conversation is: it stands in the dead letter, and nowhere else. */
  named?: ConversationId;
  payload: string;
}

export interface AcceptBatch {
  channel: string;
  after: number;
  upTo: number;
  /** The batch was fetched without a cursor, so `after` is what the hub has confirmed. */
  isRestart: boolean;
  messages: AcceptedMessage[];
}

export type AcceptReply =
  | { status: "accepted"; accepted: number; skipped: number; opened: number; gap: number }
  | { status: "behind"; taken: number };

/** A conversation's record as its owner loads it. */
export interface ConversationRecord {
  life: string;
  grant: string;
  seq: number;
  done: number;
  /** Null before the first session. */
  handle: ChatHandle | null;
  parties: Parties;
  /** Own posts settled in this session. */
  shown: number;
  /** Agent messages of this session that the hub has accepted. */
  answered: number;
  /** The head that outlived an owner's death, 0 for none. */
  suspect: number;
  /** How often the head was started by owners that died, counted from its second owner on. */
  deliveries: number;
  /** What the next reply had already brought to the hub when it was last tried (a file's place there), "" for nothing. */
  pending: string;
  /** Application that the session's user data names as the one that serves it, "" for none. */
  appName: string;
  /** Posts of the head that former sessions showed; the present one is asked only for the rest. */
  partsShown: number;
  /** Milliseconds to wait before reconciling: the former owner's last effects may still arrive. */
  holdMs: number;
}

export type LoadedRecord = { status: "owned"; record: ConversationRecord } | { status: "stale" } | { status: "gone" };

/** The session that counts speak of; chatId is "" and shown 0 when there is none. */
export interface SessionCount {
  chatId: string;
  shown: number;
}

/** An agent's message that the hub refuses for good; it goes to the dead letters with what the hub said. */
export interface RefusedReply {
  reason: string;
  /** The outbound message as JSON. */
  payload: string;
}

export interface Settlement {
  conversation: ConversationId;
  grant: string;
  done: number;
  session: SessionCount;
  entryIds: string[];
}

export interface Burial {
  seq: number;
  entryId: string;
  session: SessionCount;
  reason: string;
  attempts: number;
  detail: string;
}

/** A member as one partition sees it. */
export interface PartitionMember {
  member: MemberId;
  state: "active" | "draining" | "full" | "evicted" | "unplaced";
  owned: number;
  entries: number;
  /** When the hub says that the first message of its inbox was sent, wall clock ms; null when it holds none. */
  oldestAt: number | null;
}

/** What ever happened to a partition's messages, counted in the same steps in which it happened. */
export interface PartitionCounts {
  /** Stored under a conversation. */
  accepted: number;
  /** Shown, or noted where nothing is to be shown. */
  settled: number;
  /** Taken out of the dead letters again, to be shown after all. */
  redriven: number;
  /** Dead letters by reason. */
  dead: Record<string, number>;
}

export interface PartitionView {
  /** Entries in all inboxes, `unplaced` included. */
  backlog: number;
  deadLetters: number;
  unplacedConversations: number;
  counts: PartitionCounts;
  members: PartitionMember[];
}

/** Proof that the caller leads a partition. */
export interface Leadership {
  partition: number;
  holder: MemberId;
  token: string;
}

type Refused = { status: "stale" } | { status: "gone" };

/**
 * All transitions of partitions, each atomic and safe to run twice. Every call throws a retryable `DmsError` when Redis
 * does not answer, or does not count enough copies where durability asks for them; then it may or may not have run.
 */
export interface Partitions {
  accept(partition: number, batch: AcceptBatch): Promise<AcceptReply>;
  /** Reads records and makes them and their grants durable before answering (A7). One reply per id, in order. */
  load(partition: number, member: MemberId, conversations: ConversationId[]): Promise<LoadedRecord[]>;
  open(
    holding: Holding,
    session: { previousChatId: string; handle: ChatHandle; parties: Parties; partsShown: number; appName: string },
  ): Promise<{ status: "opened" } | Refused>;
  advance(
    holding: Holding,
    session: { handle: ChatHandle; answered: number; refused: RefusedReply | null; pending: string },
  ): Promise<{ status: "advanced"; answered: number } | Refused>;
  settle(partition: number, member: MemberId, settlements: Settlement[]): Promise<("ok" | "stale" | "gone")[]>;
  /** Counts a delivery of a suspect head, or takes it back when its try is over and the worker lives. (A17) */
  start(
    holding: Holding,
    attempt: { seq: number; isSurvived: boolean },
  ): Promise<{ status: "started"; deliveries: number } | Refused>;
  bury(holding: Holding, burial: Burial): Promise<{ status: "buried" } | { status: "early" } | Refused>;
  /** `session` counts the posts accounted for, one of the missing message included when the transcript shows one. */
  missing(
    holding: Holding,
    seq: number,
    session?: SessionCount,
  ): Promise<{ status: "here"; entryId: string } | { status: "waiting" | "buried" | "settled" | "early" } | Refused>;
  close(holding: Holding, chatId: string): Promise<{ status: "closed" } | { status: "pending" } | Refused>;
  handoff(
    holding: Holding,
    cause: string,
  ): Promise<{ status: "moved"; to: MemberId } | { status: "nowhere" } | Refused>;
  forward(
    partition: number,
    member: MemberId,
    entryIds: string[],
  ): Promise<("forwarded" | "deleted" | "here" | "absent")[]>;
  /** The conversations that a member owns, in no order: what to load after a reset, and what a drain has still to give. */
  owned(partition: number, member: MemberId): Promise<ConversationId[]>;
  withdraw(partition: number, member: MemberId): Promise<{ owned: number; entries: number }>;

  lead(partition: number, holder: MemberId, token: string | null): Promise<LeaseReply>;
  release(partition: number, holder: MemberId, token: string): Promise<void>;
  admit(
    leadership: Leadership,
    member: MemberId,
    state: "active" | "draining" | "full",
  ): Promise<{ status: "admitted" | "evicted" | "unheld" }>;
  evict(
    leadership: Leadership,
    member: MemberId,
    death: { waitMs: number; cause: string },
  ): Promise<{ status: "evicted" } | { status: "barrier"; barrierMs: number } | { status: "unheld" }>;
  /**
   * Moves conversations of an evicted member, at most `count` and for at most as many as there is `room`, then its entries.
   * While conversations must stay it is `waiting`, and sends on the stragglers: entries of conversations that have another
   * owner already, among the `count` rows `after` an entry ("-" for all, "" for none). They end at `readOn`, "" for the end.
   */
  rehome(
    leadership: Leadership,
    member: MemberId,
    batch: {
      count: number;
      cause: string;
      forget: boolean;
      sinceEndMs?: number | null;
      room?: number;
      after?: string;
    },
  ): Promise<
    | { status: "rehomed"; conversations: number; entries: number; conversationsLeft: number; entriesLeft: number }
    | { status: "waiting"; conversationsLeft: number; entriesLeft: number; stragglers: number; readOn: string }
    | { status: "alive" }
    | { status: "unheld" }
  >;
  inspect(partition: number): Promise<PartitionView>;

  /**
   * Calls back whenever the connection to partitions' servers was lost or the server is another one, so that what is
   * known of them must be forgotten (A11). Answers how to stop listening.
   */
  onReset(listener: (partitions: number[]) => void): () => void;
}

/** A position in each inbox: the id after which to read, "0-0" for the beginning. */
export type InboxCursors = ReadonlyMap<number, string>;

/** Reads a member's inboxes, many at a time. */
export interface InboxReader {
  /**
   * Entries after the cursors, in stream order per partition, foreign rows among them; [] after `blockMs` without any. Throws
   * as Partitions does.
   */
  read(member: MemberId, cursors: InboxCursors, wait: { count: number; blockMs: number }): Promise<Entry[]>;
  /** Reads one row again, for an entry that was found to lie in the inbox after all; null for a foreign row. */
  readOne(member: MemberId, partition: number, entryId: string): Promise<Entry | null>;
}
