import { type ConversationId, type Entry, partitionOf, sentAtIn, splitConversationId } from "@dms/protocol";
import type { LoadedRecord, Settlement } from "@dms/rules";
import { redisFailed } from "@dms/runtime";
import { Conversation, type DeskServices } from "./conversation.ts";
import { InboxLoop } from "./inbox-loop.ts";
import type { DeskContext } from "./ports.ts";
import { RecordLoader } from "./record-loader.ts";
import { untilAnswered } from "./redis-retry.ts";
import { Settler } from "./settler.ts";
import { Wheel } from "./wheel.ts";

/** Entries that one forward sends on at most. */
const forwardCountMax = 200;
/** Pause before partitions that did not say what is owned are asked again. */
const reviveAgainMs = 200;

/** An id that was read from an entry is a slice of its header, and would keep the whole of it in memory. */
function ownCopy(id: ConversationId): ConversationId {
  return Buffer.from(id).toString() as ConversationId;
}

/**
 * All that one incarnation of a worker holds, from its join to the end of its lease.
 * States: open -> (lease over) dropped. It never comes back: the next incarnation has a desk of its own.
 */
export class Desk implements DeskServices {
  readonly context: DeskContext;
  readonly settler: Settler;
  readonly #conversations = new Map<ConversationId, Conversation>();
  readonly #loader: RecordLoader;
  readonly #wheel: Wheel<Conversation>;
  readonly #inbox: InboxLoop;
  readonly #stopListening: () => void;
  #pending = 0;
  #isDropped = false;
  #isReviving = false;
  /** Partitions whose conversations are to be taken up, and whether those that did not answer are asked again soon. */
  readonly #unrevived = new Set<number>();
  #isReviveDue = false;

  constructor(context: DeskContext) {
    this.context = context;
    this.settler = new Settler(context, (partition, settlement, status) =>
      this.#settlementRefused(partition, settlement, status),
    );
    this.#loader = new RecordLoader(context);
    this.#wheel = new Wheel(context.clock, (conversation) => conversation.wake());
    this.#inbox = new InboxLoop(context, this);
    this.#stopListening = context.partitions.onReset((partitions) => this.#reset(partitions));
    context.lease.ended.addEventListener("abort", () => this.#drop(), { once: true });
  }

  open(): void {
    this.#wheel.start();
    void this.#inbox.run();
  }

  get sessions(): number {
    return this.#conversations.size;
  }

  get pending(): number {
    return this.#pending;
  }

  /** Chat sessions open, and when the oldest message in hand was sent (wall clock ms). Looks at every conversation. */
  look(): { sessions: number; oldestAt: number | null } {
    let sessions = 0;
    let oldestAt = Number.POSITIVE_INFINITY;
    for (const { session, mailbox, record } of this.#conversations.values()) {
      if (session !== null && !session.isEnded) sessions++;
      const oldest = mailbox.size > 0 ? mailbox.oldest((record?.done ?? 0) + 1) : undefined;
      const sentAt = oldest === undefined ? Number.NaN : sentAtIn(oldest.payload);
      if (sentAt < oldestAt) oldestAt = sentAt;
    }
    return { sessions, oldestAt: Number.isFinite(oldestAt) ? oldestAt : null };
  }

  isFull(): boolean {
    return this.#pending >= this.context.bounds.mailboxMax;
  }

  receive(entries: Entry[]): void {
    if (this.#isDropped) return;
    for (const entry of entries) {
      // Left where it is it would stand in the way of a drain, which ends with the inbox empty.
      if (entry.kind === "foreign") this.lookAgain(entry.partition, [entry.entryId]);
      else this.#conversation(entry.conversation)?.receive(entry);
    }
  }

  /** Asks `count` conversations (all without it) to go to other members; the quiet ones first. */
  wantHandoff(cause: string, count = Number.POSITIVE_INFINITY): void {
    const byQuiet = [...this.#conversations.values()].toSorted((a, b) => a.mailbox.size - b.mailbox.size);
    for (const conversation of byQuiet.slice(0, Math.min(count, byQuiet.length))) conversation.wantHandoff(cause);
  }

  /**
   * Takes up every conversation that the member owns, also those without entries: their sessions must be looked at. Resolves
   * when each partition was asked; one whose node does not answer is asked again, and the others do not wait for it.
   */
  async revive(): Promise<void> {
    for (let partition = 0; partition < this.context.partitionCount; partition++) this.#unrevived.add(partition);
    await this.#reviveLeft();
  }

  /**
   * Stops taking anything up and resolves when no effect is under way or may still be executed. What is held stays this
   * member's until it leaves; nothing is aborted.
   */
  async close(): Promise<void> {
    this.#drop();
    await Promise.all(this.context.tails.values());
  }

  load(partition: number, id: ConversationId): Promise<LoadedRecord> {
    return this.#loader.load(partition, id);
  }

  lookAgain(partition: number, entryIds: string[]): void {
    for (let i = 0; i < entryIds.length; i += forwardCountMax) {
      void this.#forward(partition, entryIds.slice(i, i + forwardCountMax));
    }
  }

  wakeAt(conversation: Conversation, at: number): void {
    this.#wheel.set(conversation, at);
  }

  remove(conversation: Conversation): void {
    this.#wheel.forget(conversation);
    if (this.#conversations.get(conversation.id) === conversation) this.#conversations.delete(conversation.id);
    this.#leaveTail(conversation);
  }

  countPending(change: number): void {
    this.#pending += change;
  }

  /** The next holder of the conversation in this process waits for what this one still has under way. */
  #leaveTail(conversation: Conversation): void {
    const { tails } = this.context;
    const before = tails.get(conversation.id);
    // A settle that is still on its way would change the record after the next holder has read it.
    const settled = this.settler.flush(conversation.partition, conversation.id);
    const tail = Promise.all([before, conversation.quiet(), settled]).then(() => {
      if (tails.get(conversation.id) === tail) tails.delete(conversation.id);
    });
    tails.set(conversation.id, tail);
  }

  #conversation(id: ConversationId): Conversation | null {
    const held = this.#conversations.get(id);
    if (held) return held;
    const { channels, emit, partitionCount } = this.context;
    const { channel: name } = splitConversationId(id);
    const channel = channels.get(name);
    if (channel === undefined) {
      emit({
        type: "waiting",
        for: `channel-${name}`,
        detail: "messages came for a channel that is not configured here",
      });
      return null;
    }
    const place = { id: ownCopy(id), partition: partitionOf(id, partitionCount), channel };
    const conversation = new Conversation(this, place);
    this.#conversations.set(place.id, conversation);
    return conversation;
  }

  /** What is known of these partitions may be of another server: forget it, read again from 0, load lazily (A11). */
  #reset(partitions: number[]): void {
    if (this.#isDropped) return;
    const affected = new Set(partitions);
    this.context.emit({ type: "redis-reset", partitions: partitions.length });
    for (const conversation of this.#conversations.values()) {
      if (!affected.has(conversation.partition)) continue;
      conversation.drop();
      this.remove(conversation);
    }
    for (const partition of affected) this.settler.forget(partition);
    this.#inbox.restart();
    void this.revive();
  }

  async #reviveLeft(): Promise<void> {
    if (this.#isReviving) return;
    this.#isReviving = true;
    const unanswered: number[] = [];
    for (const partition of this.#unrevived) {
      this.#unrevived.delete(partition);
      if (!this.#isDropped && !(await this.#reviveOf(partition))) unanswered.push(partition);
    }
    this.#isReviving = false;
    for (const partition of unanswered) this.#unrevived.add(partition);
    if (unanswered.length > 0) void this.#reviveLater();
  }

  async #reviveLater(): Promise<void> {
    if (this.#isReviveDue) return;
    this.#isReviveDue = true;
    await this.context.clock.sleep(reviveAgainMs, this.context.lease.ended);
    this.#isReviveDue = false;
    await this.#reviveLeft();
  }

  /** Whether the partition answered. */
  async #reviveOf(partition: number): Promise<boolean> {
    const { partitions, member, emit } = this.context;
    try {
      const ids = await partitions.owned(partition, member);
      if (!this.#isDropped) for (const id of ids) this.#conversation(id)?.wake();
      return true;
    } catch (caught) {
      emit(redisFailed("owned", caught));
      return false;
    }
  }

  async #forward(partition: number, entryIds: string[]): Promise<void> {
    const { partitions, member, lease, inbox } = this.context;
    const wish = { doing: "forward", isWanted: () => !lease.ended.aborted };
    const statuses = await untilAnswered(this.context, wish, () => partitions.forward(partition, member, entryIds));
    for (const [i, status] of (statuses ?? []).entries()) {
      const entryId = entryIds[i];
      if (status !== "here" || entryId === undefined) continue;
      const entry = await untilAnswered(this.context, wish, () => inbox.readOne(member, partition, entryId));
      if (entry) this.receive([entry]);
    }
  }

  #settlementRefused(partition: number, settlement: Settlement, status: "stale" | "gone"): void {
    const { conversation: id, entryIds } = settlement;
    this.context.emit({ type: "conversation-refused", transition: "settle", status, conversation: id, partition });
    const held = this.#conversations.get(id);
    if (held?.record?.grant === settlement.grant) held.forget();
    this.lookAgain(partition, entryIds);
  }

  #drop(): void {
    this.#isDropped = true;
    this.#stopListening();
    this.#wheel.stop();
    for (const conversation of this.#conversations.values()) {
      conversation.drop();
      this.remove(conversation);
    }
  }
}
