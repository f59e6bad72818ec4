/** A dead letter without its payload. */
export interface Letter {
  /** Its place in the partition's dead letters; begins with Redis's time in ms. */
  id: string;
  reason: string;
  /** "" where nobody knows it. */
  conversation: string;
}

export interface LetterPage {
  /** Redis's time, in ms. */
  now: number;
  letters: Letter[];
}

/** `refused`: not a message that could be shown; `absent`: not there, or not any more. */
export type Redriven = "redriven" | "refused" | "absent";

/** The dead letters of all partitions, for jobs. Every call is safe to run twice, and throws as those of `Partitions` do. */
export interface Letters {
  /** The next `count` letters after one ("" for the first). */
  browse(partition: number, after: string, count: number): Promise<LetterPage>;
  /** Gives messages back to their conversations, each as the newest; one answer per id, in order. */
  redrive(partition: number, ids: readonly string[]): Promise<Redriven[]>;
  /** Deletes letters; answers how many of them were there. */
  discard(partition: number, ids: readonly string[]): Promise<number>;
}
