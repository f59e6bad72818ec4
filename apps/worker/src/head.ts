import type { Failure } from "@dms/rules";
import type { Conversation, KnownRecord } from "./conversation.ts";

/** The head that is in hand, since when (monotonic ms), and how many calls for it have failed. */
export interface HeadInHand {
  seq: number;
  at: number;
  failures: number;
}

/** What a conversation has in its place while nothing is in hand: one object for all of them. */
export const noHead: HeadInHand = Object.freeze({ seq: 0, at: 0, failures: 0 });

/** The head of that number is done with: settled, buried or missing. What was counted for it is not the next one's. */
export function finishHead(conversation: Conversation, record: KnownRecord, seq: number): void {
  record.done = Math.max(record.done, seq);
  conversation.partsShown = 0;
  conversation.attempts = 0;
  conversation.rejections = 0;
  conversation.refusedSessions = 0;
  conversation.refusal = "";
}

/** A call for the head has failed. */
export function noteFailure(conversation: Conversation, { code }: Failure, detail: string): void {
  conversation.attempts++;
  conversation.head.failures++;
  const seq = (conversation.record?.done ?? 0) + 1;
  const { attempts: attempt, of } = conversation;
  conversation.desk.context.emit({ type: "post-failed", seq, code, detail, attempt, ...of });
}

/** A chat server has refused the head, or what must be done for it first. */
export function noteRefusal(conversation: Conversation, { detail }: Failure): void {
  conversation.rejections++;
  conversation.refusal = detail;
}

/** Whether the head was refused too often: in one session, or in one after the other where each is over with it. */
export function isRefusedForGood({ rejections, refusedSessions, desk }: Conversation): boolean {
  const { rejectionsMax } = desk.context.bounds;
  return rejections >= rejectionsMax || refusedSessions >= rejectionsMax;
}
