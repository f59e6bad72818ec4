import type { ConversationId, Entry, Parties } from "@dms/protocol";
import { splitConversationId } from "@dms/protocol";
import {
  type Chat,
  type ConversationRecord,
  type Failure,
  type Holding,
  type Outcome,
  type ReadMessage,
  retryPauseMs,
  type SessionCount,
} from "@dms/rules";
import { closeConversation, finishSession } from "./closing.ts";
import { deliverHead, isSuspect } from "./delivery.ts";
import { Dropped } from "./dropped.ts";
import { handOff } from "./hand-off.ts";
import { noHead } from "./head.ts";
import { loadRecord, sortArrivals } from "./loading.ts";
import { Mailbox } from "./mailbox.ts";
import { findMissing } from "./missing.ts";
import { poll } from "./polling.ts";
import type { DeskContext, WorkerChannel } from "./ports.ts";
import { look } from "./reconciling.ts";
import { untilAnswered } from "./redis-retry.ts";
import { noReplies, ReplyLane, type StoredReplies } from "./reply-lane.ts";
import type { Session } from "./session.ts";
import type { Settler } from "./settler.ts";

/** What a conversation asks of the desk that holds it. */
export interface DeskServices {
  readonly context: DeskContext;
  readonly settler: Settler;
  load(partition: number, id: ConversationId): Promise<{ status: string; record?: ConversationRecord }>;
  /** Sends entries on to where their conversation is now, or brings them back here. */
  lookAgain(partition: number, entryIds: string[]): void;
  /** Wakes the conversation at an instant of the monotonic clock; the last wish stands. */
  wakeAt(conversation: Conversation, at: number): void;
  remove(conversation: Conversation): void;
  countPending(change: number): void;
}

/**
 * What a step of the lane came to: `again` when there may be more to do, `idle` when nothing can be done before
 * something arrives.
 */
export type Step = "again" | "idle";

/** How often a head that waits for the quarantine asks again by itself; its turn wakes it sooner. */
const quarantineLookMs = 1000;

/** The part of a record that its owner keeps; an idle conversation is this and its session. */
export interface KnownRecord {
  life: string;
  grant: string;
  done: number;
  /** The last `seq` known to be given; while it is beyond `done`, entries are in hand or on their way. */
  seq: number;
  suspect: number;
  deliveries: number;
}

/**
 * One conversation at its owner: a mailbox and one lane that does one thing at a time, in an order that never varies.
 * States, as SPEC.md tables them: new (no record) -> unreconciled (its session must be read) or without session;
 * unreconciled -> live, or ended (over, and read); live -> unreconciled, for what is unknown; ended -> without session, for
 * more messages; without session -> live, by a session of its own; any of them -> new, for another grant or life. Exits from
 * any state by `drop`: the lane ends at its next step and `quiet` tells when nothing of it is under way any more.
 */
export class Conversation {
  readonly id: ConversationId;
  readonly partition: number;
  readonly channel: WorkerChannel;
  readonly desk: DeskServices;
  readonly mailbox = new Mailbox();
  record: KnownRecord | null = null;
  session: Session | null = null;
  /** Chat id in the record while there is no session in hand: of the one that ended, or "". */
  previousChatId = "";
  loads = 0;
  /** Posts of the head that are in the chat already. */
  partsShown = 0;
  attempts = 0;
  rejections = 0;
  /** Sessions that ended after they had refused the head. */
  refusedSessions = 0;
  /** What the chat server said when it refused the head last. */
  refusal = "";
  head = noHead;
  /** Why, and since when nobody served it (monotonic ms), until the first call after a change of owner is answered. */
  takeover: { cause: string; at: number } | null = null;
  /** When the last outside effect of either lane began, by the monotonic clock. */
  lastEffectAt = 0;
  /** Until when an effect of unknown outcome may still be executed. */
  unknownUntil = 0;
  /** Since when the head is not in hand although later entries, or its number, are known. */
  missingSince: number | null = null;
  handoffCause: string | null = null;
  /** When the head may be tried again, by the monotonic clock; all else goes on meanwhile. */
  retryAt = 0;
  /** Most conversations have no reply at hand, and most customers are called as their conversation is. */
  #replies: ReplyLane | null = null;
  #customer: string | null = null;
  #business = "";
  #isDropped = false;
  #isWoken = false;
  #isRunning = false;
  #lane: Promise<void> | null = null;
  #endPause: (() => void) | null = null;

  constructor(desk: DeskServices, place: { id: ConversationId; partition: number; channel: WorkerChannel }) {
    this.desk = desk;
    this.id = place.id;
    this.partition = place.partition;
    this.channel = place.channel;
  }

  get hubConversationId(): string {
    return splitConversationId(this.id).hubConversationId;
  }

  get parties(): Parties {
    return { customer: this.#customer ?? this.hubConversationId, business: this.#business };
  }

  set parties({ customer, business }: Parties) {
    this.#customer = customer === this.hubConversationId ? null : customer;
    this.#business = business;
  }

  /** The reply lane, made when it is first needed. */
  get replies(): ReplyLane {
    if (this.#replies === null) {
      this.#replies = new ReplyLane(this);
      if (this.session !== null) this.#replies.begin(this.session.handle.chatId, noReplies);
      if (this.#isDropped) this.#replies.stop();
    }
    return this.#replies;
  }

  /** Agent messages that the session is known to have had, and the last of them. */
  get agentKnown(): { count: number; last: readonly ReadMessage[] } {
    const { offered = 0, last = [] } = this.#replies ?? {};
    return { count: Math.max(this.session?.agentSeen ?? 0, offered), last };
  }

  get isDropped(): boolean {
    return this.#isDropped;
  }

  get of(): { conversation: ConversationId; partition: number } {
    return { conversation: this.id, partition: this.partition };
  }

  holding(): Holding {
    const grant = this.record?.grant ?? "";
    return { partition: this.partition, member: this.desk.context.member, conversation: this.id, grant };
  }

  /** The chat servers, told with each call under which grant it is made. */
  get chat(): Chat {
    const { chat, member, lease } = this.desk.context;
    return chat.under({ member, grant: this.record?.grant ?? "", stands: () => lease.mayStart(0) });
  }

  counted(): SessionCount {
    return { chatId: this.session?.handle.chatId ?? "", shown: this.session?.settled ?? 0 };
  }

  receive(entry: Entry): void {
    this.desk.countPending(1);
    if (!this.mailbox.hold(entry, this.record)) this.mailbox.arrive(entry, this.loads);
    this.wake();
  }

  /** May be wished for again and again: only the first time is news, which ends what is waited for. */
  wantHandoff(cause: string): void {
    if (this.handoffCause !== null) return;
    this.handoffCause = cause;
    this.#endPause?.();
    this.#replies?.interrupt();
    this.wake();
  }

  wake(): void {
    if (this.#isDropped) return;
    this.#isWoken = true;
    if (this.#isRunning) return;
    const lane = this.#run();
    // A lane that had to wait for nothing has ended already; kept, it would look as if it ran for ever.
    if (this.#isRunning) this.#lane ??= lane;
  }

  /** Ends the lane at its next step; nothing is settled, posted or sent after it. */
  drop(): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    this.#endPause?.();
    this.#replies?.stop();
    this.desk.context.quarantine.leave(this.id);
    this.desk.context.searches.leave(this.id);
    this.desk.context.idleLooks.leave(this.id);
    this.desk.context.files.quit(this.id);
    this.desk.countPending(-this.mailbox.size);
  }

  /** Drops the conversation and looks again at its entries: it may be somebody else's, or ours under another grant. (A13) */
  forget(): void {
    if (this.#isDropped) return;
    const entries = this.mailbox.takeAll();
    this.desk.countPending(-entries.length);
    this.drop();
    this.desk.remove(this);
    this.desk.lookAgain(
      this.partition,
      entries.map((entry) => entry.entryId),
    );
  }

  /** A transition answered that this grant is not, or no longer, the record's. */
  refused(transition: string, status: string): never {
    this.desk.context.emit({ type: "conversation-refused", transition, status, ...this.of });
    this.forget();
    throw new Dropped();
  }

  /** Resolves when no effect of this holder is under way or may still be executed. */
  async quiet(): Promise<void> {
    await Promise.all([this.#lane, this.#replies?.quiet()]);
    const { clock } = this.desk.context;
    await clock.sleep(Math.max(0, this.unknownUntil - clock.monotonic()));
  }

  /** A session begins, or is taken up: so many of its agent messages are at the hub, and perhaps a file of the next one. */
  beginReplies(chatId: string, stored: StoredReplies): void {
    const isNews = stored.answered > 0 || stored.pending !== "";
    if (isNews || this.#replies !== null) this.replies.begin(chatId, stored);
  }

  /** Resolves when all replies of the session are at the hub; `interrupted` when something else must be done first. */
  async drainReplies(): Promise<"drained" | "interrupted"> {
    return this.#replies === null ? "drained" : this.#replies.drained();
  }

  /** Repeats a transition until Redis answers; throws `Dropped` when the conversation is not wanted any more. */
  async persist<T>(doing: string, call: () => Promise<T>): Promise<T> {
    const answer = await untilAnswered(this.desk.context, { doing, isWanted: () => !this.#isDropped }, call);
    if (answer === null || this.#isDropped) throw new Dropped();
    return answer;
  }

  /** Runs one outside effect under the lease. */
  effect<T>(call: (signal: AbortSignal) => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const { gate, lease, clock } = this.desk.context;
    const outcome = gate.run(
      lease,
      () => !this.#isDropped,
      (signal) => {
        // Whole numbers need no box of their own in the heap; a late end is the safe one.
        this.lastEffectAt = Math.ceil(clock.monotonic());
        return call(signal);
      },
    );
    return this.takeover === null ? outcome : this.#resumeAfter(outcome);
  }

  /** Runs an outside effect that nobody misses, or does not, where others need the place; null says so. */
  spareEffect<T>(call: (signal: AbortSignal) => Promise<Outcome<T>>): Promise<Outcome<T>> | null {
    const { gate, lease } = this.desk.context;
    return this.#isDropped ? null : gate.runSpare(lease, call);
  }

  async #resumeAfter<T>(effect: Promise<Outcome<T>>): Promise<Outcome<T>> {
    const outcome = await effect;
    if (this.takeover !== null && outcome.ok) this.#resumed(this.takeover);
    return outcome;
  }

  #resumed({ cause, at }: { cause: string; at: number }): void {
    const { clock, emit } = this.desk.context;
    this.takeover = null;
    emit({ type: "conversation-resumed", cause, firstEffectMs: clock.monotonic() - at, ...this.of });
  }

  /** Since when this head is in hand, and what failed for it: what its line in the log tells. */
  beginHead(seq: number): void {
    if (this.head.seq === seq) return;
    this.head = { seq, at: this.desk.context.clock.monotonic(), failures: 0 };
  }

  /** An effect that takes something back, also of a conversation that was dropped; under the lease as any other. */
  async lastEffect<T>(call: (signal: AbortSignal) => Promise<Outcome<T>>): Promise<void> {
    const { gate, lease } = this.desk.context;
    await gate.run(lease, () => true, call);
  }

  /** Sleeps in the lane; a wish to hand off or a drop ends it early. */
  async pause(ms: number): Promise<void> {
    if (this.#isDropped || ms <= 0) return;
    const ended = new AbortController();
    this.#endPause = () => ended.abort();
    await this.desk.context.clock.sleep(ms, ended.signal);
    this.#endPause = null;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      while (this.#isWoken && !this.#isDropped) {
        this.#isWoken = false;
        let step: Step = "again";
        while (step === "again" && !this.#isDropped) {
          // Steps that need nobody are taken in one turn of the loop.
          const next = this.#step();
          step = typeof next === "string" ? next : await next;
        }
      }
    } catch (caught) {
      if (!(caught instanceof Dropped)) throw caught;
    } finally {
      this.#isRunning = false;
      this.#lane = null;
    }
    if (this.#isWoken && !this.#isDropped) this.wake();
  }

  /** The head is tried again later: counted by `attempts`, and not before the other side asked for it. */
  backOff(failure: Pick<Failure, "retryAfterMs">, maxMs = this.desk.context.bounds.retry.maxMs): void {
    const { clock, random, bounds } = this.desk.context;
    const chance = { fraction: random.fraction(), atLeastMs: failure.retryAfterMs };
    this.retryAt = clock.monotonic() + retryPauseMs(this.attempts, { ...bounds.retry, maxMs }, chance);
  }

  /** The next thing to do, always in this order: SPEC.md, "A conversation at its owner", numbers the steps and says why. */
  #step(): Step | Promise<Step> {
    const { record, session, mailbox } = this;
    if (record === null) return loadRecord(this);
    if (mailbox.hasArrivals && sortArrivals(this, record) === "again") return "again";
    if (this.handoffCause !== null) return handOff(this);
    if (session && !session.isReconciled) return look(this, { session, record });
    const now = this.desk.context.clock.monotonic();
    if (session && !session.isEnded && now >= session.pollAt) return poll(this, session);
    const head = mailbox.at(record.done + 1);
    if (head) this.missingSince = null;
    const canShow = session === null || session.surplus.length > 0 || !session.isEnded;
    // What is shown already needs no other try, and must be settled before its session is done with. (A6)
    const isShown = (session?.surplus.length ?? 0) > 0;
    const isDue = isShown || now >= this.retryAt;
    if (head && canShow && isDue && (isShown || this.#mayEnter(record))) return this.#deliver(head);
    if (!head && session && session.surplus.length > 0) return findMissing(this, record);
    if (session?.isEnded) return finishSession(this, { session, record });
    if (!head && (mailbox.size > 0 || record.seq > record.done)) return findMissing(this, record);
    if (!head && session === null) return closeConversation(this, record);
    const tryAt = isDue ? now + quarantineLookMs : this.retryAt;
    this.desk.wakeAt(this, Math.min(session?.pollAt ?? tryAt, head ? tryAt : Number.POSITIVE_INFINITY));
    return "idle";
  }

  /** Suspects of several deaths are tried one at a time: side by side, an innocent head would share the deaths of another. (A17) */
  #mayEnter(record: KnownRecord): boolean {
    if (record.suspect !== record.done + 1 || record.deliveries === 0) return true;
    return this.desk.context.quarantine.enter(this.id, () => this.wake());
  }

  #deliver(head: Entry): Promise<Step> {
    const { within } = this.desk.context;
    if (within === undefined) return this.#tryHead(head);
    return within({ channel: this.channel.name, payload: head.payload }, () => this.#tryHead(head));
  }

  #tryHead(head: Entry): Promise<Step> {
    return isSuspect(this, head) ? this.#deliverSuspect(head) : deliverHead(this, head);
  }

  async #deliverSuspect(head: Entry): Promise<Step> {
    try {
      return await deliverHead(this, head);
    } finally {
      this.desk.context.quarantine.leave(this.id);
    }
  }
}
