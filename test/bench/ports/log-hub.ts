import { type FetchedMessage, type Hub, succeeded } from "@dms/rules";
import { conversationAt, type LogPlan, messageAt } from "./log.ts";

/** A hub without a network: gives the log, or that of every nth conversation, up to a mark that the bench moves on. */
export class LogHub implements Hub {
  readonly #plan: LogPlan;
  readonly #share: { every: number; at: number };
  #upTo = 0;
  #confirmed = 0;
  #waiting: (() => void)[] = [];

  constructor(plan: LogPlan, share: { every: number; at: number }) {
    this.#plan = plan;
    this.#share = share;
  }

  /** Lets fetches go on up to and including this sequence. */
  openUpTo(sequence: number): void {
    this.#upTo = sequence;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async fetch(
    { after, limit, waitMs }: { after: number | null; limit: number; waitMs: number },
    signal: AbortSignal,
  ): ReturnType<Hub["fetch"]> {
    const from = after ?? this.#confirmed;
    const messages = this.#messages(from, limit);
    if (messages.length > 0) return succeeded(messages);
    await this.#more(waitMs, signal);
    return succeeded(this.#messages(from, limit));
  }

  #messages(from: number, limit: number): FetchedMessage[] {
    const { every, at } = this.#share;
    const messages: FetchedMessage[] = [];
    for (let sequence = from + 1; sequence <= this.#upTo && messages.length < limit; sequence++) {
      if (conversationAt(sequence, this.#plan) % every !== at) continue;
      messages.push({ sequence, parsed: true, message: messageAt(sequence, this.#plan) });
    }
    return messages;
  }

  async confirm(upTo: number): ReturnType<Hub["confirm"]> {
    this.#confirmed = Math.max(this.#confirmed, upTo);
    return succeeded(this.#confirmed);
  }

  async send(): ReturnType<Hub["send"]> {
    return succeeded({ id: "sent", replayed: false });
  }

  async activity(): ReturnType<Hub["activity"]> {
    return succeeded(null);
  }

  upload(): never {
    throw new Error("the bench's hub holds no files");
  }

  download(): never {
    throw new Error("the bench's hub holds no files");
  }

  #more(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waiting.push(wake);
      signal.addEventListener("abort", wake, { once: true });
    });
  }
}
