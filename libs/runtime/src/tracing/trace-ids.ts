import { createHash } from "node:crypto";

/** The ids of a message's trace, in hexadecimal as W3C writes them. */
export interface TraceIds {
  traceId: string;
  /** Of the span that lasts from the hub's receipt to the place in the chat; every other span hangs below it. */
  rootId: string;
}

/**
 * The same for everybody who knows channel and message id, so nothing need be carried in an entry: a process that takes a
 * conversation over, or an entry of a time without tracing, finds the same trace.
 */
export function traceIdsOf(channel: string, messageId: string): TraceIds {
  const digest = createHash("sha256").update(`${channel}\u0000${messageId}`).digest("hex");
  return { traceId: digest.slice(0, 32), rootId: digest.slice(32, 48) };
}

/** The id of a span below the root: another one for each name and moment, for a message may be received or begun twice. */
export function spanIdOf(traceId: string, name: string, startMs: number): string {
  return createHash("sha256").update(`${traceId} ${name} ${startMs}`).digest("hex").slice(0, 16);
}

/** Whether a share of all messages includes this one; all processes decide alike. */
export function isSampled(traceId: string, ratio: number): boolean {
  return Number.parseInt(traceId.slice(0, 8), 16) < ratio * 0x1_0000_0000;
}
