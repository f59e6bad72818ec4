import type { Clock } from "@dms/rules";

/** Who waits asks again this often; after so long without, others go first. */
export const roomLookMs = 1000;
const patienceMs = 5 * roomLookMs;
const growth = 4;

/** Room for one file, taken before it is fetched and given back once it is where it goes. */
export interface FilePlace {
  /** The file may be so large; a place of all the room is for one that may be larger still, alone. */
  readonly bytes: number;
  leave(): void;
}

interface Waiting {
  bytes: number;
  askedAt: number;
  wake: () => void;
}

/**
 * Room in a worker's memory for files on their way from one side to the other: a bound of their bytes, in the order in which
 * they came. Nobody waits inside: who finds no room goes on with everything else, asks again, and is woken when its turn has
 * come. A file larger than all the room has it alone.
 */
export class FileRoom {
  readonly bytesMax: number;
  readonly #clock: Clock;
  /** By who waits, in the order in which they came. */
  readonly #line = new Map<string, Waiting>();
  /** Sizes that files have proved to exceed, by who has them under way. */
  readonly #atLeast = new Map<string, number>();
  #held = 0;

  constructor(clock: Clock, { bytesMax }: { bytesMax: number }) {
    this.#clock = clock;
    this.bytesMax = bytesMax;
  }

  get held(): number {
    return this.#held;
  }

  /** How much to ask for: what is said of the file, or what a former try has shown. */
  wantedFor(id: string, bytes: number): number {
    return Math.min(this.bytesMax, Math.max(bytes, this.#atLeast.get(id) ?? 0));
  }

  /** The file did not fit into its place: next time it asks for more, and for all the room only in the end. */
  grow(id: string, bytes: number): void {
    this.#atLeast.set(id, growth * bytes);
  }

  /** The file is where it goes, or never will be. */
  forget(id: string): void {
    this.#atLeast.delete(id);
  }

  /** A place, or null: then `wake` is called when it may be had. Who has asked for more before is given that. */
  enter(id: string, wanted: number, wake: () => void): FilePlace | null {
    const bytes = Math.min(this.bytesMax, Math.max(wanted, this.#line.get(id)?.bytes ?? 0));
    if (!this.#hasTurn(id) || this.#held + bytes > this.bytesMax) {
      // One that waits already keeps its place in the line.
      this.#line.set(id, { bytes, askedAt: this.#clock.monotonic(), wake });
      return null;
    }
    this.#line.delete(id);
    this.#held += bytes;
    this.#wakeNext();
    let isLeft = false;
    const leave = (): void => {
      if (isLeft) return;
      isLeft = true;
      this.#held -= bytes;
      this.#wakeNext();
    };
    return { bytes, leave };
  }

  /** Waits no more. A place is not left by it. */
  quit(id: string): void {
    this.forget(id);
    if (this.#line.delete(id)) this.#wakeNext();
  }

  /** Those before it that do not ask any more have something else to do. */
  #hasTurn(id: string): boolean {
    for (const [first, { askedAt }] of this.#line) {
      if (first === id) return true;
      if (this.#clock.monotonic() - askedAt < patienceMs) return false;
      this.#line.delete(first);
    }
    return true;
  }

  /** After whoever leaves or enters: who is woken may enter at once and wake the next, one within the other. */
  #wakeNext(): void {
    const [next] = this.#line.values();
    if (next !== undefined && this.#held + next.bytes <= this.bytesMax) queueMicrotask(next.wake);
  }
}
