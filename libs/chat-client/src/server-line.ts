import type { Clock } from "@dms/rules";

// A call that is given up is still work for the server that has it: each time-out that is followed by another try makes an
// overloaded server slower, until it executes posts later than anybody waits for. So a process has only so many calls under
// way at a server, and fewer while the server is slow; the others wait here, where nothing of them can be executed.

/** The limit never falls below this, so that a server that is well again is noticed. */
const limitMin = 4;
/** Of the places at a server, those that posts, which wait long for an answer, leave to all other calls, and those to posts that wait. */
const keptShare = 1 / 4;
/** Of the time-out, the part that a call may spend in the line: what is left must do for a connection. */
const waitShare = 1 / 2;

export type CallKind = "post" | "other";

/** A call under way; given back once, when it is over. */
export interface Place {
  /** `isTelling`: whether how long it took says how well the server is; the time of a file is that of its bytes. */
  leave(isTelling: boolean): void;
}

/**
 * The calls of this process at one chat server, each kind in the order in which they came. The limit is halved, once per
 * time-out, when a call took as long as that, and grows by one for as many quicker calls as it has places. A server that
 * needs less for each call is not overloaded, only far: with four places at 1.1 s a call 300 sessions starved.
 */
export class ServerLine {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #limitMax: number;
  readonly #waiting: Record<CallKind, ((place: Place) => void)[]> = { post: [], other: [] };
  readonly #running: Record<CallKind, number> = { post: 0, other: 0 };
  #limit: number;
  #lastCutMs = Number.NEGATIVE_INFINITY;

  constructor(options: { clock: Clock; timeoutMs: number; connections: number }) {
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs;
    this.#limitMax = options.connections;
    this.#limit = options.connections;
  }

  /** How many calls may be under way now. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** Whether a call that is no post would find a place at once. */
  get isFree(): boolean {
    return this.#isFree("other");
  }

  /** A place; null when there was none in half of the time-out, or the signal aborted before. */
  enter(kind: CallKind, signal: AbortSignal): Place | null | Promise<Place | null> {
    if (signal.aborted) return null;
    return this.#isFree(kind) ? this.#take(kind) : this.#wait(kind, signal);
  }

  #isFree(kind: CallKind): boolean {
    const { post, other } = this.#running;
    if (post + other >= this.limit) return false;
    if (kind === "other" && this.#waiting.post.length === 0) return true;
    return this.#running[kind] < Math.max(1, Math.floor(this.#limit * (1 - keptShare)));
  }

  #take(kind: CallKind): Place {
    this.#running[kind]++;
    const since = this.#clock.monotonic();
    const leave = (isTelling: boolean): void => {
      this.#running[kind]--;
      if (isTelling) this.#learn(this.#clock.monotonic() - since);
      this.#admit();
    };
    return { leave };
  }

  #wait(kind: CallKind, signal: AbortSignal): Promise<Place | null> {
    const line = this.#waiting[kind];
    return new Promise((resolve) => {
      const end = (place: Place | null): void => {
        cancel();
        signal.removeEventListener("abort", giveUp);
        resolve(place);
      };
      const giveUp = (): void => {
        line.splice(line.indexOf(end), 1);
        end(null);
      };
      const cancel = this.#clock.after(this.#timeoutMs * waitShare, giveUp);
      signal.addEventListener("abort", giveUp, { once: true });
      line.push(end);
    });
  }

  #admit(): void {
    // Others once more: when the last post that waited is in, nothing is kept for posts.
    for (const kind of ["other", "post", "other"] as const) {
      while (this.#waiting[kind].length > 0 && this.#isFree(kind)) this.#waiting[kind].shift()?.(this.#take(kind));
    }
  }

  #learn(tookMs: number): void {
    if (tookMs < this.#timeoutMs) {
      this.#limit = Math.min(this.#limitMax, this.#limit + 1 / this.#limit);
      return;
    }
    const now = this.#clock.monotonic();
    if (now - this.#lastCutMs < this.#timeoutMs) return;
    this.#lastCutMs = now;
    this.#limit = Math.min(this.#limit, Math.max(limitMin, this.#limit / 2));
  }
}
