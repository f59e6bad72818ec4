import type { ServerResponse } from "node:http";
import type { Clock } from "@dms/runtime";

interface Waiter {
  channel: string;
  end: (why: "woken" | "elapsed" | "gone") => void;
}

/** The fetches that wait for a message. Each ends when one arrives, when its time is over or when its client has gone. */
export class Waiters {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiter>();
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get count(): number {
    return this.#waiting.size;
  }

  wait(channel: string, waitMs: number, response: ServerResponse): Promise<"woken" | "elapsed" | "gone"> {
    if (this.#isClosed || response.destroyed) return Promise.resolve("gone");
    return new Promise((resolve) => {
      const onClose = (): void => waiter.end("gone");
      const cancel = this.#clock.after(waitMs, () => waiter.end("elapsed"));
      const waiter: Waiter = {
        channel,
        end: (why) => {
          this.#waiting.delete(waiter);
          cancel();
          response.off("close", onClose);
          resolve(why);
        },
      };
      response.once("close", onClose);
      this.#waiting.add(waiter);
    });
  }

  wake(channel: string): void {
    for (const waiter of this.#waiting) if (waiter.channel === channel) waiter.end("woken");
  }

  /** Ends all, now and from now on, so that a server that stops need not wait for them. */
  close(): void {
    this.#isClosed = true;
    for (const waiter of this.#waiting) waiter.end("gone");
  }
}
