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
  "owner overlapped",
  "epoch reused",
  "processed unseen",
  "moved without reason",
  "recovered late",
  "stop disturbed",
  "lost tail harmed",
  "not isolated",
  "dispatcher loss harmed",
  "left behind",
  "figures differ",
] as const;

/** The invariants of SPEC.md. */
export const invariants = [
  "I1",
  "I2",
  "I3",
  "I4",
  "I5",
  "I6",
  "I7",
  "I8",
  "I9",
  "I10",
  "I11",
  "I12",
  "I13",
  "I14",
  "I15",
  "I16",
] as const;
export type Invariant = (typeof invariants)[number];

/** One violation of an invariant of SPEC.md, with what somebody needs to find it in the ledgers. */
export interface Finding {
  invariant: Invariant;
  kind: (typeof findingKinds)[number];
  /** "" where no one conversation is meant. */
  conversation: ConversationId | "";
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
