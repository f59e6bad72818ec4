import { writeSync } from "node:fs";
import type { Clock } from "@dms/rules";
import { codeOf } from "./error-fields.ts";

/** What lines may cost that wait in memory, and an output that does not take them. */
const outputBounds = {
  /** Waiting lines are written when they are this long together. */
  waitingLengthMax: 4096,
  /** How long a line waits at most. */
  waitingMs: 1000,
  /** An output that says that it is busy (a pipe that does not block) is tried again this often, and after that a line is lost. */
  triesMax: 10,
  /** The process stands still between two tries. */
  tryAgainMs: 50,
} as const;

const still = new Int32Array(new SharedArrayBuffer(4));

/**
 * One place that lines are written to. A write that fails costs what it held, and nothing is kept for later: neither memory
 * nor a process's end may hang on a full disk. pino's own destination tries such a write again without end when it is
 * flushed, asleep meanwhile, so that not even a signal is heard.
 */
export class Output {
  readonly #fd: number;
  readonly #clock: Clock | undefined;
  #waiting = "";
  #cancel: (() => void) | undefined;
  /** It was too busy for the line before: until it has taken one, none is worth a standstill. */
  #isStalled = false;
  /** The last line that arrived did so in part. */
  #isTorn = false;

  /** With a clock, lines wait in memory to be written together; without one, each is written at once. */
  constructor(fd: number, clock?: Clock) {
    this.#fd = fd;
    this.#clock = clock;
  }

  /** Takes a line with its end; never throws. */
  write(line: string): void {
    this.#waiting += line;
    if (this.#clock === undefined || this.#waiting.length >= outputBounds.waitingLengthMax) return this.flushSync();
    this.#cancel ??= this.#clock.after(outputBounds.waitingMs, () => this.flushSync());
  }

  /** Writes what waits. pino calls it after a fatal line, by this name. */
  flushSync(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const lines = this.#waiting;
    this.#waiting = "";
    if (lines !== "") this.#put(Buffer.from(this.#isTorn ? `\n${lines}` : lines));
  }

  #put(bytes: Buffer): void {
    let tries = this.#isStalled ? 1 : outputBounds.triesMax;
    let at = 0;
    while (at < bytes.length && tries > 0) {
      const taken = take(this.#fd, bytes.subarray(at));
      if (taken === "failed") break;
      at += taken;
      if (taken > 0) continue;
      tries -= 1;
      if (tries > 0) Atomics.wait(still, 0, 0, outputBounds.tryAgainMs);
    }
    this.#isStalled = at < bytes.length;
    if (at > 0) this.#isTorn = bytes[at - 1] !== 0x0a;
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
