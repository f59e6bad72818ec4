import type { Media } from "@dms/protocol";
import type { LoggedMessage, SentActivity, SentMessage } from "./messages.ts";

/** A customer's message in the hub's log; `receivedAt` in milliseconds since 1970. */
export interface InboundRecord {
  channel: string;
  receivedAt: number;
  message: LoggedMessage;
}

/** A message that the hub accepted for a customer; `acceptedAt` in milliseconds since 1970. */
export interface OutboundRecord {
  channel: string;
  id: string;
  idempotencyKey: string;
  acceptedAt: number;
  message: SentMessage;
}

/** A sign that the hub was asked to show to a customer; `receivedAt` in milliseconds since 1970. */
export interface ActivityRecord extends SentActivity {
  channel: string;
  receivedAt: number;
}

/**
 * One line of the journal. The ledger is nothing but the sum of these, so what is rebuilt after a death is what was
 * there before it. `media` carries the file itself in base64.
 */
export type JournalRecord =
  | ({ record: "inbound" } & InboundRecord)
  | ({ record: "outbound" } & OutboundRecord)
  | ({ record: "activity" } & ActivityRecord)
  | { record: "confirmed"; channel: string; upTo: number }
  | { record: "media"; media: Media; base64: string }
  | { record: "replay" }
  | { record: "conflict" };
