/** By what a rule's absence is seen. */
export interface Catch {
  /** The first seed from 1 on; null where the checkers do not see it by itself. */
  seed: number | null;
  /** What the checkers said, or why there is nothing to see. */
  how: string;
}

/** What `npm run simulate -- --teeth` found, by the rule's id. */
export const caught: Readonly<Record<string, Catch>> = {
  "A2-shown": { seed: 1, how: "I1" },
};
