import { writeSync } from "node:fs";
import type { Clock } from "@dms/rules";
import { codeOf } from "./error-fields.ts";

/** What lines may cost that wait in memory, and an output that does not take them. */
const outputBounds = {
  /** With `buffering`: lines are written when they are this long together. */
  gatheredBytesMax: 4096,
  /** With `buffering`: how long a line waits at most. */
  gatheredMs: 1000,
  /** What waits for an output that is busy. */
  waitingBytesMax: 1024 * 1024,
  /** Pauses between tries of a busy output: the first, and the longest of those that double while it takes nothing. */
  tryAgainMs: 5,
  tryAgainMsMax: 100,
  /**
   * So often the process stands still between two tries, half a second together: for room, until all is written that
   * waits, and each time that it ends or writes a fatal line.
   */
  standstillsMax: 100,
} as const;

const still = new Int32Array(new SharedArrayBuffer(4));
const lineEnd = Buffer.from("\n");

export interface OutputOptions {
  /** Lines wait in memory to be written together. */
  isBuffered?: boolean;
  /** It takes lines again, after so many were lost. */
  onRecovered?: (lost: number) => void;
}

/**
 * One place that lines are written to. What it does not take now waits in memory, within bounds, and a write that fails
 * costs what it held: neither a reader that stands still, nor one that is gone, nor a full disk may hold a process or its
 * end. pino's own destination tries a failed write again without end when it is flushed, asleep meanwhile, so that not even
 * a signal is heard.
 *
 * The descriptor should not block (`descriptors.ts`): a write to one that does lasts for as long as its reader takes nothing.
 */
export class Output {
  readonly #fd: number;
  readonly #clock: Clock;
  readonly #options: OutputOptions;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #cancel: (() => void) | undefined;
  /** It was busy when it was tried last, so a line that comes does not try it too. */
  #isBusy = false;
  #standstills = 0;
  #pauseMs: number = outputBounds.tryAgainMs;
  /** What arrived last does not end its line. */
  #isAmidLine = false;
  /** The rest of that line is lost. */
  #isTorn = false;
  #lost = 0;
  #lostUntold = 0;

  constructor(fd: number, clock: Clock, options: OutputOptions = {}) {
    this.#fd = fd;
    this.#clock = clock;
    this.#options = options;
  }

  /** Lines that were lost so far. */
  get lost(): number {
    return this.#lost;
  }

  /** Takes a line with its end; never throws. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (!this.#hasRoom(bytes.length)) return this.#lose(1);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#isBusy) return;
    const { isBuffered = false } = this.#options;
    if (!isBuffered || this.#waitingBytes >= outputBounds.gatheredBytesMax) this.#turn();
    else this.#plan(outputBounds.gatheredMs);
  }

  /** Writes what waits, and stands still for a busy output, but not for long. pino calls it after a fatal line, by this name. */
  flushSync(): void {
    this.#turn();
    this.#standstills = 0;
    while (this.#isBusy && this.#standStill());
  }

  /** A burst waits for a reader that reads: only one that stands still, or never catches up, costs lines. */
  #hasRoom(length: number): boolean {
    const isRoom = (): boolean => !this.#isBusy || this.#waitingBytes + length <= outputBounds.waitingBytesMax;
    while (!isRoom()) if (!this.#standStill()) return false;
    return true;
  }

  /** False when there was enough of it. */
  #standStill(): boolean {
    if (this.#standstills >= outputBounds.standstillsMax) return false;
    this.#standstills += 1;
    Atomics.wait(still, 0, 0, outputBounds.tryAgainMs);
    this.#turn();
    return true;
  }

  #plan(ms: number): void {
    this.#cancel ??= this.#clock.after(ms, () => this.#turn());
  }

  #turn(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const isTaken = this.#put();
    this.#isBusy = this.#waitingBytes > 0;
    if (this.#isBusy) return this.#plan(this.#pauseMs);
    this.#standstills = 0;
    if (!isTaken || this.#lostUntold === 0) return;
    const lost = this.#lostUntold;
    this.#lostUntold = 0;
    this.#options.onRecovered?.(lost);
  }

  /** Writes of what waits as much as the output takes now, or loses it all; whether it took the last that it was given. */
  #put(): boolean {
    let taken: number | "failed" = 0;
    while (this.#waitingBytes > 0) {
      const bytes = Buffer.concat(this.#isTorn ? [lineEnd, ...this.#waiting] : this.#waiting);
      taken = take(this.#fd, bytes);
      this.#pauseMs = taken === 0 ? Math.min(2 * this.#pauseMs, outputBounds.tryAgainMsMax) : outputBounds.tryAgainMs;
      if (taken === "failed") this.#loseWaiting();
      else this.#keep(bytes, taken);
      if (taken === 0) break;
    }
    return taken !== "failed" && taken > 0;
  }

  #keep(bytes: Buffer, taken: number): void {
    const left = bytes.subarray(taken);
    this.#waiting = [left];
    this.#waitingBytes = left.length;
    this.#isTorn = false;
    if (taken > 0) this.#isAmidLine = bytes[taken - 1] !== lineEnd[0];
  }

  #loseWaiting(): void {
    for (const bytes of this.#waiting) this.#lose(bytes.filter((byte) => byte === lineEnd[0]).length);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#isTorn = this.#isAmidLine;
  }

  #lose(lines: number): void {
    this.#lost += lines;
    this.#lostUntold += lines;
  }
}

/** How many bytes the output has taken now: none when it is busy. */
function take(fd: number, bytes: Buffer): number | "failed" {
  try {
    return writeSync(fd, bytes);
  } catch (caught) {
    const code = codeOf(caught);
    return code === "EAGAIN" || code === "EBUSY" ? 0 : "failed";
  }
}
