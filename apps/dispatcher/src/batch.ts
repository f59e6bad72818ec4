import { conversationId, partitionOf } from "@dms/protocol";
import type { AcceptBatch, AcceptedMessage, FetchedMessage } from "@dms/rules";

/** Where in the log a batch stands. */
export interface BatchPlace {
  channel: string;
  after: number;
  isRestart: boolean;
}

/** One message as it is stored: what the hub gave, unchanged; one that did not parse has no conversation. */
function toAccepted(channel: string, fetched: FetchedMessage): AcceptedMessage {
  if (!fetched.parsed) {
    const { sequence, conversationId: named, raw: payload } = fetched;
    if (named === undefined) return { sequence, conversation: null, payload };
    return { sequence, conversation: null, named: conversationId(channel, named), payload };
  }
  return {
    sequence: fetched.sequence,
    conversation: conversationId(channel, fetched.message.conversationId),
    payload: JSON.stringify(fetched.message),
  };
}

/**
 * Splits a batch by partition. Every partition gets a share, an empty one too: it must learn how far the log was taken. (A1)
 */
export function splitBatch(messages: readonly FetchedMessage[], place: BatchPlace, partitions: number): AcceptBatch[] {
  const upTo = messages.at(-1)?.sequence ?? place.after;
  const shares = Array.from({ length: partitions }, (): AcceptBatch => ({ ...place, upTo, messages: [] }));
  for (const fetched of messages) {
    const accepted = toAccepted(place.channel, fetched);
    const partition = partitionOf(accepted.conversation ?? conversationId(place.channel, ""), partitions);
    shares[partition]?.messages.push(accepted);
  }
  return shares;
}
