import type { MemberId } from "@dms/protocol";
import type { Chat, Clock, Emit, Hub, InboxReader, MessageScope, Partitions, Random, RetryBounds } from "@dms/rules";
import type { Lease } from "@dms/runtime";
import type { EffectGate } from "./effect-gate.ts";
import type { FileRoom } from "./file-room.ts";
import type { Turns } from "./turns.ts";

/** What a channel's conversations need: the way to the hub and how sessions present themselves. */
export interface WorkerChannel {
  name: string;
  hub: Hub;
  /** User data of every session of this channel, besides what the message brings. */
  userData: Record<string, string>;
  /** Whether a receipt may open a session. */
  areReceiptsShown: boolean;
}

/** Bounds of a worker; each is an option of section `worker`, `chat` or `cluster`. Milliseconds and counts. */
export interface WorkerBounds {
  effectMs: number;
  /** How long an answer to a post is waited for once it has left. */
  answerMs: number;
  /** No wait for a former owner's effects is longer; by Redis's clock it would be, where that has stepped back. */
  holdMsMax: number;
  effectsMax: number;
  filesBytesMax: number;
  deliveriesMax: number;
  rejectionsMax: number;
  retry: RetryBounds;
  missingAfterMs: number;
  readCount: number;
  settleLingerMs: number;
  mailboxMax: number;
  pollActiveMs: number;
  pollIdleMs: number;
  /** How long a session may be said to be unknown, by those whose word is not enough, before it counts as ended. */
  unknownSessionMs: number;
}

/** Everything outside that one incarnation of a worker acts on. */
export interface DeskContext {
  lease: Lease;
  member: MemberId;
  partitions: Partitions;
  partitionCount: number;
  inbox: InboxReader;
  chat: Chat;
  channels: ReadonlyMap<string, WorkerChannel>;
  gate: EffectGate;
  /** For files on their way in either direction. */
  files: FileRoom;
  /** Lets one head at a time be shown of those that may have killed a worker more than once. */
  quarantine: Turns;
  /** Lets one conversation at a time look for a head that is in no hand. */
  searches: Turns;
  /** Lets a few sessions at a time be read anew of those in which nothing waits: after a death there are thousands. */
  idleLooks: Turns;
  bounds: WorkerBounds;
  clock: Clock;
  random: Random;
  emit: Emit;
  /** Does work for a message, where somebody wants to tell its calls apart. */
  within?: MessageScope | undefined;
  /** What earlier holders in this process still have under way for a conversation; a new one waits for it. */
  tails: Map<string, Promise<void>>;
}
