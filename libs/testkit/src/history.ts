import type { ChatEvent, ConversationId, OutboundMessage } from "@dms/protocol";

/** A customer's message as the hub's ledger has it. `message` may break the contract: tests put in such ones. */
export interface InboundFact {
  sequence: number;
  id: string;
  receivedAt: number;
  message: unknown;
}

/** A post of the customer's side in a transcript. `order` is its place in the one total order of the chat servers. */
export interface ShownFact {
  order: number;
  at: number;
  chatId: string;
  kind: "text" | "file";
  /** What was written, or the file's name. */
  text: string;
}

/** A chat session; `endedOrder` and `endedAt` are null while it is open. */
export interface SessionFact {
  chatId: string;
  openedOrder: number;
  openedAt: number;
  endedOrder: number | null;
  endedAt: number | null;
  endedBy: string;
}

/** What an agent said, with its place among the agent's messages of its session, from 1. */
export interface SpokenFact {
  order: number;
  at: number;
  chatId: string;
  ordinal: number;
  event: ChatEvent;
}

/** A message that the hub accepted for the customer. */
export interface SentFact {
  id: string;
  key: string;
  acceptedAt: number;
  message: OutboundMessage;
}

/** A dead letter. `messageId` is null where its payload no longer names a message; `seq` is an ordinal for a reply. */
export interface DeadFact {
  reason: string;
  messageId: string | null;
  seq: number;
  payload: string;
}

/** An effect that a chat server executed, with the authority that the caller named. `order` as in `ShownFact`. */
export interface EffectFact {
  order: number;
  at: number;
  kind: "create" | "post" | "disconnect";
  chatId: string;
  member: string;
  /** `<epoch>.<nonce>`. */
  grant: string;
  epoch: number;
}

/** A change of owner as the partition's journal has it, by Redis's clock. `from` is "" for a first placement. */
export interface MoveFact {
  at: number;
  event: "placed" | "moved";
  cause: string;
  from: string;
  to: string;
  grant: string;
  epoch: number;
}

/** A message that nobody will be given again: confirmed to the hub, and in no inbox. `order` is that of the look that saw it. */
export interface ProcessedFact {
  order: number;
  messageId: string;
}

/** All that the ledgers tell about one conversation, each list in the order in which it happened. */
export interface ConversationHistory {
  conversation: ConversationId;
  /** Grows with every fact, so that an unchanged conversation need not be judged again. */
  version: number;
  inbound: InboundFact[];
  shown: ShownFact[];
  sessions: SessionFact[];
  spoken: SpokenFact[];
  sent: SentFact[];
  dead: DeadFact[];
  effects: EffectFact[];
  moves: MoveFact[];
  processed: ProcessedFact[];
}

/** A member that a leader took out of a partition, by Redis's clock. */
export interface EvictionFact {
  at: number;
  partition: number;
  member: string;
  cause: string;
}

/**
 * What somebody did to the cluster, told by whoever did it. `death` is an end without a warning, `freeze` a stop that ends,
 * `stop` a planned one, `outage` anything else that keeps parts from each other, `lost-tail` a fall back of Redis.
 */
export interface DeedFact {
  kind: "death" | "freeze" | "stop" | "join" | "outage" | "lost-tail";
  target: "worker" | "dispatcher" | "single" | "redis" | "hub" | "chat" | "network";
  /** Of the process. */
  name: string;
  /** The incarnation that it hit; "" where none is known. */
  member: string;
  at: number;
  /** When it was mended, or the process had ended; null while it lasts. */
  endedAt: number | null;
  /** A death that a supervisor, or the next of its instance, reports. */
  isProved?: boolean;
  exitCode?: number | null;
}

/** What lies in Redis at one instant, by key. */
export interface StateFact {
  at: number;
  /** Members with a lease. */
  members: string[];
  /** Members that the registry still remembers, those with a lease included. */
  remembered: string[];
  /** Conversation records with their owner. */
  records: { partition: number; conversation: string; owner: string }[];
  owned: { partition: number; member: string; conversations: string[] }[];
  inboxes: { partition: number; member: string; entries: number }[];
  /** Rows of `workers` and `load`. */
  views: { partition: number; member: string; state: string; isPlaceable: boolean }[];
  /** Keys of no known kind. */
  strangers: string[];
}

/** What the processes say of themselves at rest, summed over all of them. */
export interface FiguresFact {
  /** When they were asked, by the wall clock. */
  at: number;
  pulled: { accepted: number; malformed: number };
  /** Messages done with, by outcome. */
  done: Record<string, number>;
  backlog: number;
  deadLetters: number;
  /** What the scripts themselves counted, over all partitions; null while not every partition has a leader that says it. */
  counts: { accepted: number; settled: number; malformed: number; buried: number } | null;
  /** Whether every process that ever ran was still there to be asked, and none has lost Redis meanwhile. */
  isComplete: boolean;
}

/** What hub and chat servers know to have happened, whatever the cluster believes. */
export interface History {
  conversations: Map<ConversationId, ConversationHistory>;
  /** Keys that came to the hub again: with the same body, and with another one. */
  replays: number;
  conflicts: number;
  /** Dead letters in all, those of no known conversation included. */
  deadLetters: number;
  /** Whether every row of the journals was read. */
  isJournalWhole: boolean;
  evictions: EvictionFact[];
  deeds: DeedFact[];
  /** As last looked at, which is done at rest; null where nobody looked. */
  state: StateFact | null;
  figures: FiguresFact | null;
  /** Wall clock of the last look at the ledgers. */
  readAt: number;
}

export function emptyHistory(): History {
  const nothing = { isJournalWhole: true, evictions: [], deeds: [], state: null, figures: null };
  return { conversations: new Map(), replays: 0, conflicts: 0, deadLetters: 0, readAt: 0, ...nothing };
}

/** The conversation's part of the history, made when it is not there. */
export function conversationIn(history: History, conversation: ConversationId): ConversationHistory {
  let known = history.conversations.get(conversation);
  if (known === undefined) {
    const told = { inbound: [], shown: [], sessions: [], spoken: [], sent: [], dead: [] };
    known = { conversation, version: 0, ...told, effects: [], moves: [], processed: [] };
    history.conversations.set(conversation, known);
  }
  return known;
}

/** The epoch of a grant, which is `<epoch>.<nonce>`. NaN where there is none. */
export function epochOf(grant: string): number {
  return Number(/^(\d+)\./.exec(grant)?.[1] ?? Number.NaN);
}
