/**
 * A line in which taking the first costs the same however long it is. An array's `shift` moves all that stand behind once
 * there are some ten thousand, so that a worker that fell behind with its looks fell behind for good.
 */
export class Fifo<T> {
  /** The back of the line, the last at its end. */
  #back: T[] = [];
  /** The front of the line, the first at its end. */
  #front: T[] = [];

  get length(): number {
    return this.#back.length + this.#front.length;
  }

  push(one: T): void {
    this.#back.push(one);
  }

  shift(): T | undefined {
    if (this.#front.length === 0) [this.#front, this.#back] = [this.#back.toReversed(), []];
    return this.#front.pop();
  }
}
