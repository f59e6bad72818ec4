import type { ConversationId } from "@dms/protocol";

/** What can be wrong, as an operator would call it. */
export const findingKinds = [
  "lost",
  "doubled",
  "out of order",
  "reply lost",
  "reply doubled",
  "reply out of order",
  "session doubled",
  "session orphaned",
] as const;

/** One violation of an invariant of SPEC.md, with what somebody needs to find it in the ledgers. */
export interface Finding {
  invariant: "I1" | "I2" | "I3" | "I7" | "I8";
  kind: (typeof findingKinds)[number];
  conversation: ConversationId;
  detail: string;
}

/** When a history is judged. What is not there yet is lost only once everything is at rest. */
export interface Occasion {
  isAtRest: boolean;
  /** Wall clock of the look. */
  now: number;
  /** How long a session that nobody uses may stay open. */
  orphanMsMax: number;
}

/** A text as a finding quotes it. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}
