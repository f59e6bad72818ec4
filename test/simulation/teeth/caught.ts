/** By what a rule's absence is seen. */
export interface Catch {
  /**
   * What passes with the rule and fails without it: a seed, or the script of that name (the rule's own with `script`); null
   * where nothing can.
   */
  by: number | "script" | `script ${string}` | null;
  /** Rules behind it that do its work, and are taken out too; they alone, or it alone, are not seen. */
  beside?: string;
  /** What the checkers said, or why there is nothing to see. */
  how: string;
}

/** What `npm run simulate -- --teeth` finds, by the rule's id. */
export const caught: Readonly<Record<string, Catch>> = {
  "A1-max": { by: 34, how: "I2: shown once more" },
  "A1-after": { by: "script", how: "I1: lost" },
  "A2-shown": { by: 1, how: "I1: lost" },
  "A2-position": { by: 65, how: "I8: a reply is lost" },
  "A3-load": { by: 5, how: "I2: shown once more" },
  "A3-unknown": { by: 3, how: "I2: shown once more" },
  "A4-max": { by: "script", how: "burial: a message that was shown is missing" },
  "A4-entries": { by: 1, how: "no rest: entries stay" },
  "A4-surplus": { by: "script", how: "I2: shown once more" },
  "A4-hand": { by: "script A5-life", beside: "A5-life", how: "I2: shown once more" },
  "A5-life": { by: "script", beside: "A4-hand", how: "I2: shown once more" },
  "A5-order": {
    by: null,
    how: "nothing to see: a conversation whose life or grant is over is forgotten before anything is sorted against it, and something must be compared first; its trace shows it (D12)",
  },
  "A5-forward": { by: 1, how: "I1: lost" },
  "A6-open": { by: "script", how: "I7: two sessions at once" },
  "A6-advance": { by: "script", how: "I8: a reply is lost" },
  "A6-old-session": { by: 3, how: "I8: a reply is lost" },
  "A7-load": { by: "script", how: "I2: shown once more" },
  "A7-open": { by: "script", how: "I2: shown once more" },
  "A8-durable": { by: "script", how: "I1: lost" },
  "A9-connection": { by: 1, how: "I2: shown once more" },
  "A10-renew": { by: "script", how: "I2: shown once more" },
  "A10-proof": { by: 5, how: "I2: shown once more" },
  A11: { by: "script", how: "no rest: an entry stays" },
  "A12-barrier": { by: "script", beside: "one-clock", how: "I2: shown once more" },
  "A12-beat": { by: "script", how: "I4: two owners" },
  A13: { by: "script", how: "a worker loses its lease, and nothing was done to it" },
  "A14-takeover": { by: 1, how: "I8: a reply is lost" },
  "A14-rest": { by: "script", how: "a reply goes to the hub twice, and nothing was done to anybody" },
  "A15-replies": { by: 3, how: "I8: a reply is lost" },
  "A15-empty": { by: 14, how: "I15: a record is left behind" },
  "A15-keys": { by: "script", how: "I15: an inbox is left behind" },
  "A16-key": { by: 30, how: "I8: a reply is lost" },
  A17: { by: "script", how: "burial: an innocent message is buried" },
  A18: { by: 54, how: "I1: lost" },
  "no-grant-check": { by: "script", how: "I15: two members own one conversation" },
  "order-by-epoch": {
    by: null,
    how: "nothing to see: the two differ for who holds a grant that Redis has lost, and nobody acts under one that is not durable (A7), or on what it knew before its connection was lost (A11); the traces of leases show it",
  },
  "settle-before-post": { by: 1, how: "I1: lost" },
  "no-self-fencing": { by: "script", how: "I2: shown once more" },
  "handle-after-post": { by: 1, how: "I1: lost" },
  "confirm-before-stored": { by: 2, how: "I6: confirmed, in no inbox, not shown" },
  "confirm-before-durable": { by: 15, how: "I1: lost" },
  "count-unchecked": { by: 15, how: "I1: lost" },
  "evicted-back": { by: "script", how: "I2: shown once more" },
  "no-idempotency-key": { by: 4, how: "I8: a reply comes twice" },
  "one-clock": { by: "script", how: "I2: shown once more" },
  "no-hold": { by: "script", how: "I2: shown once more" },
  "no-wait-after-unknown": { by: 3, how: "I2: shown once more" },
  stragglers: { by: "script", how: "no rest: entries stay" },
};
