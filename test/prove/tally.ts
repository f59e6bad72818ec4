/** What the members say they did since they were first asked: messages shown, and posts that were there already. */
export interface Told {
  shown: number;
  suppressed: number;
}

/** Asks the members: that nothing was delivered twice shows in no ledger, only with them. */
export interface Tally {
  read(): Promise<Told>;
}
