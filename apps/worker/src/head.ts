/** The head that is in hand, since when (monotonic ms), and how many calls for it have failed. */
export interface HeadInHand {
  seq: number;
  at: number;
  failures: number;
}

/** What a conversation has in its place while nothing is in hand: one object for all of them. */
export const noHead: HeadInHand = Object.freeze({ seq: 0, at: 0, failures: 0 });
