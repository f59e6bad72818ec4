import type { ChatEvent, Media, OutboundActivity, OutboundMessage } from "@dms/protocol";
import { mediaSchema } from "@dms/protocol";
import {
  markOf,
  planReply,
  replyKey,
  retryPauseMs,
  withMedia,
  type AgentMessage,
  type Failure,
  type ReadMessage,
} from "@dms/rules";
import type { Conversation } from "./conversation.ts";
import { Dropped } from "./dropped.ts";
import { passFile } from "./file-passage.ts";
import { roomLookMs } from "./file-room.ts";

/** A conflict is an alarm for a person; it is tried again this seldom. */
const conflictPauseMs = 30_000;

/** A restored transcript that has lost more of its end than these, and in which somebody has written since, hides what that was. */
const rememberedMax = 4;

/** An agent's message, its session, and when this owner saw it; monotonic ms. */
type OfferedMessage = AgentMessage & { chatId: string; offeredAt: number };

/** What the record says of a session's replies: agent messages at the hub, and a file of the next that is there already. */
export interface StoredReplies {
  answered: number;
  pending: string;
}

/** Of a session that nobody has answered in. */
export const noReplies: StoredReplies = Object.freeze({ answered: 0, pending: "" });

/** The queue of every conversation in which nothing waits. */
const nothing: OfferedMessage[] = [];
Object.freeze(nothing);

/**
 * What agents wrote, on its way to the hub: one at a time, in transcript order, each under an idempotency key, each stored
 * as answered before the next begins. (I8)
 * States: at rest (no lane) -> sending -> at rest; `rest` asks it to stop between two attempts, `stop` for good.
 */
export class ReplyLane {
  readonly #conversation: Conversation;
  #chatId = "";
  #answered = 0;
  #offered = 0;
  /** A file of the next reply that is at the hub already: `<ordinal> <media as JSON>`. */
  #pending = "";
  #queue: OfferedMessage[] = nothing;
  /** The last of the agent messages that were seen: by them a restored transcript is known again. */
  #last: ReadMessage[] = [];
  /** Failed calls for the reply in turn, since the last one was stored. */
  #failures = 0;
  #isResting = false;
  /** No wish to hand off ends the lane. */
  #isFinishing = false;
  #isStopped = false;
  #lane: Promise<void> | null = null;
  #endPause: (() => void) | null = null;
  #typing: Promise<void> | null = null;
  #typingWish: OutboundActivity["kind"] | null = null;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  /**
   * Starts over for a session; the first `answered` of its agent messages are at the hub. When only the record was read anew,
   * what waits of the same session goes on waiting: its transcript may not be had again.
   */
  begin(chatId: string, stored: StoredReplies): void {
    const kept = this.#queue.filter((each) => each.chatId === chatId && each.ordinal > stored.answered);
    const isSame = this.#chatId === chatId;
    this.#chatId = chatId;
    this.#answered = stored.answered;
    this.#offered = kept.at(-1)?.ordinal ?? stored.answered;
    this.#pending = stored.pending;
    this.#queue = kept.length > 0 ? kept : nothing;
    this.#last = isSame ? this.#last.filter(({ ordinal }) => ordinal <= this.#offered) : [];
  }

  /** The last of the session's agent messages that were seen. */
  get last(): readonly ReadMessage[] {
    return this.#last;
  }

  /** The ordinal of the session's last agent message that was seen, or stored as answered. */
  get offered(): number {
    return this.#offered;
  }

  /** All agent messages of the session from its first event; `lost` of them came before and are there no more. */
  offerAll(events: ChatEvent[], lost: number): void {
    events.forEach((event, i) => this.offer({ ordinal: lost + i + 1, event }));
  }

  offer(message: AgentMessage): void {
    if (message.ordinal <= this.#offered) return;
    this.#offered = message.ordinal;
    this.#last = [...this.#last.slice(1 - rememberedMax), { ordinal: message.ordinal, mark: markOf(message.event) }];
    if (this.#queue === nothing) this.#queue = [];
    const offeredAt = this.#conversation.desk.context.clock.monotonic();
    this.#queue.push({ ...message, chatId: this.#chatId, offeredAt });
    this.#begin();
  }

  /**
   * Shows the customer that the agent types: best effort, one sign at a time. Of those that come meanwhile only the last is
   * shown, and none where the worker has no call to spare: a hub that hangs would have calls of all conversations wait.
   */
  showTyping(eventType: string): void {
    this.#typingWish = eventType === "TypingStarted" ? "typing-started" : "typing-stopped";
    if (this.#typing === null) this.#showNextTyping();
  }

  #showNextTyping(): void {
    const kind = this.#typingWish;
    this.#typingWish = null;
    if (kind === null || this.#isStopped) return;
    const { parties, hubConversationId, channel } = this.#conversation;
    const activity = { conversationId: hubConversationId, to: parties.customer, kind };
    const call = this.#conversation.spareEffect((signal) => channel.hub.activity(activity, signal));
    if (call === null) return;
    this.#typing = call.then(() => {
      this.#typing = null;
      this.#showNextTyping();
    });
  }

  /** Ends a pause between two attempts, so that a wish is seen soon. */
  interrupt(): void {
    this.#endPause?.();
  }

  /** Resolves when no reply is under way; none begins before `resume`. */
  async rest(): Promise<void> {
    this.#isResting = true;
    this.#endPause?.();
    await this.#lane;
  }

  resume(): void {
    this.#isResting = false;
    this.#begin();
  }

  /** Waits until every offered message is at the hub and stored; `interrupted` when a hand-off is wished for meanwhile. */
  async drained(): Promise<"drained" | "interrupted"> {
    while (this.#isUnderWay) {
      if (this.#conversation.handoffCause !== null) return "interrupted";
      await this.#turn();
    }
    return "drained";
  }

  /** As `drained`, and no wish interrupts it: for what nobody else may be able to read. */
  async finish(): Promise<void> {
    this.#isFinishing = true;
    while (this.#isUnderWay) await this.#turn();
    this.#isFinishing = false;
  }

  get #isUnderWay(): boolean {
    return this.#queue.length > 0 || this.#lane !== null;
  }

  async #turn(): Promise<void> {
    if (this.#conversation.isDropped) throw new Dropped();
    this.#begin();
    await this.#lane;
  }

  stop(): void {
    this.#isStopped = true;
    this.#conversation.desk.context.files.quit(`${this.#conversation.id} reply`);
    this.#queue = nothing;
    this.#endPause?.();
  }

  async quiet(): Promise<void> {
    await Promise.all([this.#lane, this.#typing]);
  }

  #begin(): void {
    if (this.#isStopped || this.#isResting || this.#queue.length === 0) return;
    this.#lane ??= this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (!this.#isStopped && !this.#isResting) {
        const next = this.#queue[0];
        if (next === undefined) return;
        if ((await this.#send(next)) === "done" && this.#queue[0] === next) this.#queue.shift();
        if (this.#queue.length === 0) this.#queue = nothing;
        if (this.#conversation.handoffCause !== null && !this.#isFinishing) return;
      }
    } catch (caught) {
      if (!(caught instanceof Dropped)) throw caught;
    } finally {
      this.#lane = null;
    }
  }

  /** One attempt at one reply: `done` when it is stored as answered. */
  async #send(next: OfferedMessage): Promise<"done" | "again"> {
    const plan = planReply(next.event, this.#conversation);
    if (plan.kind === "nothing") return this.#store(next, null);
    if (plan.kind === "unreadable") return this.#bury(next, "the chat server's event cannot be read", plan.raw);
    if (plan.kind === "message") return this.#deliver(next, plan.message);
    const media = this.#mediaAtHub(next.ordinal) ?? (await this.#moveFile(next, plan));
    if (media === "again") return "again";
    if (media === "refused") return this.#bury(next, "the file could not be moved", JSON.stringify(plan.message));
    return this.#deliver(next, withMedia(plan.message, media));
  }

  async #deliver(next: OfferedMessage, message: OutboundMessage): Promise<"done" | "again"> {
    const { channel } = this.#conversation;
    const key = replyKey(next.chatId, next);
    const outcome = await this.#conversation.effect((signal) => channel.hub.send(message, key, signal));
    if (outcome.ok) {
      this.#emitSent(next, outcome.value);
      return this.#store(next, null);
    }
    return this.#accountForFailure(next, message, outcome.failure);
  }

  #emitSent({ chatId, ordinal, offeredAt }: OfferedMessage, { id, replayed }: { id: string; replayed: boolean }): void {
    const { desk, of } = this.#conversation;
    const { clock, emit } = desk.context;
    const facts = { chatId, ordinal, hubMessageId: id, isReplayed: replayed, failures: this.#failures };
    emit({ type: "reply-sent", ...facts, deliveryMs: Math.round(clock.monotonic() - offeredAt), ...of });
  }

  async #accountForFailure(
    next: OfferedMessage,
    message: OutboundMessage,
    failure: Failure,
  ): Promise<"done" | "again"> {
    if (failure.verdict === "reject") return this.#bury(next, failure.detail, JSON.stringify(message));
    if (failure.verdict === "conflict") {
      const { desk, of } = this.#conversation;
      const about = { chatId: next.chatId, ordinal: next.ordinal, detail: failure.detail };
      desk.context.emit({ type: "reply-conflict", ...about, ...of });
      await this.#pause(conflictPauseMs);
      return "again";
    }
    await this.#backOff(next, failure);
    return "again";
  }

  /** The customer will never get this one: it goes to the dead letters, and the next one's turn comes. */
  #bury(next: OfferedMessage, reason: string, payload: string): Promise<"done"> {
    const { desk, of } = this.#conversation;
    const facts = { chatId: next.chatId, ordinal: next.ordinal, detail: reason };
    desk.context.emit({ type: "reply-refused", ...facts, ...of });
    return this.#store(next, { reason, payload });
  }

  /** Stores that the hub has everything up to this message, or why it never will. */
  async #store(next: OfferedMessage, refused: { reason: string; payload: string } | null): Promise<"done"> {
    this.#failures = 0;
    // The record is of another session meanwhile, and its count of that one's messages.
    if (next.chatId !== this.#chatId) return "done";
    await this.#advance(next.ordinal, { refused, pending: "" });
    this.#answered = next.ordinal;
    this.#pending = "";
    return "done";
  }

  async #advance(
    answered: number,
    change: { refused: { reason: string; payload: string } | null; pending: string },
  ): Promise<void> {
    const conversation = this.#conversation;
    const { session, desk } = conversation;
    if (session === null) throw new Dropped();
    const reply = await conversation.persist("advance", () =>
      desk.context.partitions.advance(conversation.holding(), { handle: session.handle, answered, ...change }),
    );
    if (reply.status !== "advanced") conversation.refused("advance", reply.status);
  }

  #mediaAtHub(ordinal: number): Media | null {
    const [stored, ...rest] = this.#pending.split(" ");
    if (stored !== String(ordinal)) return null;
    try {
      return mediaSchema.parse(JSON.parse(rest.join(" ")));
    } catch {
      // Not what this version writes: the file is brought to the hub once more.
      return null;
    }
  }

  /**
   * Brings an agent's file to the hub and stores its place there first: the message must be the same when it is sent again
   * under its key.
   */
  async #moveFile(next: OfferedMessage, file: { fileId: string; name: string }): Promise<Media | "again" | "refused"> {
    const { session, channel } = this.#conversation;
    if (session === null) throw new Dropped();
    const { chat, desk, id } = this.#conversation;
    const traveller = { id: `${id} reply`, wake: () => this.#endPause?.() };
    const passed = await passFile<Media>(desk.context.files, traveller, {
      take: (bytesMax) =>
        this.#conversation.effect((signal) => chat.download(session.handle, { id: file.fileId, bytesMax }, signal)),
      give: (content) =>
        this.#conversation.effect((signal) => channel.hub.upload({ ...content, name: file.name }, signal)),
    });
    if (passed.at === "full") {
      await this.#pause(roomLookMs);
      return "again";
    }
    if (passed.at === "source") return this.#afterFileFailure(next, passed.failure);
    const stored = passed.outcome;
    if (!stored.ok) return this.#afterFileFailure(next, stored.failure);
    if (next.chatId !== this.#chatId) return "again";
    this.#pending = `${next.ordinal} ${JSON.stringify(stored.value)}`;
    await this.#advance(this.#answered, { refused: null, pending: this.#pending });
    // As the next try, or the next owner, reads it: a hub may compare two bodies byte by byte.
    return this.#mediaAtHub(next.ordinal) ?? stored.value;
  }

  async #afterFileFailure(next: OfferedMessage, failure: Failure): Promise<"again" | "refused"> {
    if (failure.verdict !== "retry") return "refused";
    await this.#backOff(next, failure);
    return "again";
  }

  /** Tells of a failed call for a reply, and waits until it may be made again. */
  async #backOff(next: OfferedMessage, { code, detail, retryAfterMs }: Failure): Promise<void> {
    const { desk, of } = this.#conversation;
    const { random, bounds, emit } = desk.context;
    emit({ type: "reply-failed", code, chatId: next.chatId, ordinal: next.ordinal, detail, ...of });
    this.#failures++;
    const chance = { fraction: random.fraction(), atLeastMs: retryAfterMs };
    await this.#pause(retryPauseMs(this.#failures, bounds.retry, chance));
  }

  async #pause(ms: number): Promise<void> {
    if (this.#isStopped || this.#isResting) return;
    const ended = new AbortController();
    this.#endPause = () => ended.abort();
    await this.#conversation.desk.context.clock.sleep(ms, ended.signal);
    this.#endPause = null;
  }
}
