import type { InboundMessage, Media, OutboundActivity, OutboundMessage } from "@dms/protocol";
import type { Outcome } from "./outcome.ts";

/** A fetched message, parsed by itself: one that does not parse keeps its place in the log and goes to the dead letters. */
export type FetchedMessage =
  | { sequence: number; parsed: true; message: InboundMessage }
  | {
      sequence: number;
      parsed: false;
      /** What it says its conversation is, where that can be an id. For people only: it is not to be relied on. */
      conversationId?: string;
      raw: string;
      fault: string;
    };

/** A file as bytes, with what is known about it. */
export interface FileContent {
  name: string;
  mime: string;
  bytes: Uint8Array;
}

/** One channel at the messaging hub. Every call ends by its own time-out or when `signal` aborts, whichever is first. */
export interface Hub {
  /** Messages with a sequence greater than `after`, or from the oldest unconfirmed one when `after` is null. */
  fetch(
    query: { after: number | null; limit: number; waitMs: number },
    signal: AbortSignal,
  ): Promise<Outcome<FetchedMessage[]>>;
  /** Confirms up to and including `upTo`; answers how far the channel is confirmed. `confirm(0)` only asks. */
  confirm(upTo: number, signal: AbortSignal): Promise<Outcome<number>>;
  /** Sends one message; the same key never sends twice. Answers the hub's id and whether the answer was a replay. */
  send(
    message: OutboundMessage,
    idempotencyKey: string,
    signal: AbortSignal,
  ): Promise<Outcome<{ id: string; replayed: boolean }>>;
  /** Best effort, never retried. */
  activity(activity: OutboundActivity, signal: AbortSignal): Promise<Outcome<null>>;
  upload(file: FileContent, signal: AbortSignal): Promise<Outcome<Media>>;
  /** A file larger than `bytesMax`, or than this side's own bound, is given up with the code `oversize`. */
  download(media: Media, signal: AbortSignal, bytesMax?: number): Promise<Outcome<FileContent>>;
}
