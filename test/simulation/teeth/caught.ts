/** By what a rule's absence is seen. */
export interface Catch {
  /** A seed that the checkers fail without the rule; null where they do not see it by themselves. */
  seed: number | null;
  /** What the checkers said, or in how many seeds they saw nothing, and what else holds the rule. */
  how: string;
}

/** What `npm run simulate -- --teeth` found, by the rule's id. */
export const caught: Readonly<Record<string, Catch>> = {
  "A1-max": { seed: 34, how: "I2: shown once more" },
  "A1-after": { seed: 9, how: "I1: lost" },
  "A2-shown": { seed: 1, how: "I1: lost" },
  "A2-position": { seed: 30, how: "I8: a reply is lost" },
  "A3-load": { seed: 5, how: "I2: shown once more" },
  "A3-unknown": { seed: 3, how: "I2: shown once more" },
  "A4-max": { seed: null, how: "not in 120 seeds: the next settle is absolute and heals it; its traces show it (S1)" },
  "A4-entries": { seed: 1, how: "no rest: entries stay" },
  "A4-surplus": { seed: 3, how: "a worker goes round without an end" },
  "A5-life": {
    seed: null,
    how: "not in 150 seeds: A4 alone keeps what it protects, as the review found; its traces show it (D4)",
  },
  "A5-order": {
    seed: null,
    how: "not in 150 seeds: a settle under another grant is refused and the entry looked at again; its traces show it (D12)",
  },
  "A5-forward": { seed: 1, how: "I1: lost" },
  "A6-open": { seed: null, how: "not in 60 seeds; its traces show it (D5)" },
  "A6-advance": { seed: null, how: "not in 60 seeds; its traces show it (S2)" },
  "A6-old-session": { seed: 3, how: "I8: a reply is lost" },
  "A7-load": {
    seed: null,
    how: "not in 60 seeds: who lost its grant has lost its connection too, and reads anew (A11); its traces show it (D6)",
  },
  "A7-open": { seed: null, how: "not in 40 seeds, drawn before lost tails were; its traces show it (D6)" },
  "A8-durable": { seed: null, how: "not in 40 seeds, drawn before lost tails were; its traces show it (D7)" },
  "A9-connection": { seed: 1, how: "I2: shown once more" },
  "A10-renew": {
    seed: null,
    how: "not in 60 seeds: two clocks would have to fail together; the script's test shows it",
  },
  "A10-proof": { seed: 5, how: "I2: shown once more" },
  A11: { seed: null, how: "not in 60 seeds; its traces show it (D10)" },
  "A12-barrier": { seed: null, how: "not in 60 seeds; the scripts' tests show it" },
  "A12-beat": { seed: null, how: "not in 60 seeds; the traces of leases show it" },
  A13: { seed: null, how: "nothing to see: dropping all costs time, and breaks nothing" },
  "A14-takeover": { seed: 1, how: "I8: a reply is lost" },
  "A14-rest": { seed: null, how: "not in 45 seeds: a reply's key holds; its traces show it (S13)" },
  "A15-replies": { seed: 3, how: "I8: a reply is lost" },
  "A15-empty": { seed: 14, how: "I15: a record is left behind" },
  "A15-keys": {
    seed: null,
    how: "nothing to see for an hour: an empty inbox stays until the registry forgets its member; rehome's tests show it",
  },
  "A16-key": { seed: 30, how: "I8: a reply is lost" },
  A17: {
    seed: null,
    how: "not in 60 seeds: it costs an innocent head one of its deliveries; the traces of poisons show it",
  },
  A18: { seed: 54, how: "I1: lost" },
  "no-grant-check": { seed: null, how: "not in 60 seeds; each script's test shows it" },
  "order-by-epoch": { seed: null, how: "not in 60 seeds; the traces of leases show it" },
  "settle-before-post": { seed: 1, how: "I1: lost" },
  "no-self-fencing": {
    seed: null,
    how: "not in 60 seeds: a beat's answer ends the lease all the same; the tests of membership show it",
  },
  "handle-after-post": { seed: 1, how: "I1: lost" },
  "confirm-before-stored": { seed: 2, how: "I6: confirmed, in no inbox, not shown" },
  "confirm-before-durable": { seed: 15, how: "I1: lost" },
  "count-unchecked": { seed: 15, how: "I1: lost" },
  "evicted-back": { seed: null, how: "not in 45 seeds; the scripts' tests show it" },
  "no-idempotency-key": { seed: 4, how: "I8: a reply comes twice" },
  "no-hold": { seed: null, how: "not in 45 seeds; rehome's tests show it" },
  "no-wait-after-unknown": { seed: 3, how: "I2: shown once more" },
};
