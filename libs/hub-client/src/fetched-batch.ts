import { batchSchema, inboundEnvelopeSchema, inboundMessageSchema, inboundOriginSchema } from "@dms/protocol";
import type { FetchedMessage } from "@dms/rules";
import { checkShape, isTooDeep, jsonDepthMax, parseBody, writeJson } from "@dms/http-client";

/**
 * A fetch's answer, each message parsed by itself. A message that does not parse keeps its place; without a usable
 * sequence it has none, and then the whole batch is refused: to skip it would lose it, and so would a sequence that does
 * not grow, because whoever takes the batch notes the last sequence as taken. A hub that gives what was not asked for is
 * refused likewise: it has another log than the one that was read so far. What it gives beyond the limit is left for the
 * next fetch.
 */
export function parseFetchedBatch(
  bytes: Buffer,
  { after, limit }: { after: number | null; limit: number },
): { value: FetchedMessage[] } | { fault: string } {
  const batch = parseBody(batchSchema, bytes, true);
  if ("fault" in batch) return batch;
  const messages = batch.value.messages.slice(0, limit);
  const fetched: FetchedMessage[] = [];
  for (const [index, message] of messages.entries()) {
    const place = `message ${index + 1} of ${messages.length}`;
    const envelope = checkShape(inboundEnvelopeSchema, message);
    if ("fault" in envelope) return { fault: `${place} has no usable sequence (${envelope.fault})` };
    const { sequence } = envelope.value;
    // Nothing is confirmed means confirmed up to 0: a message of that sequence would be taken for one that was given before.
    if (sequence === 0) return { fault: `${place} has sequence 0; the first of a channel is 1 or more` };
    const before = fetched.at(-1)?.sequence ?? after ?? 0;
    if (sequence <= before) return { fault: `${place} has sequence ${sequence} after ${before}` };
    fetched.push(fetchedMessage(sequence, message));
  }
  return { value: fetched };
}

function fetchedMessage(sequence: number, message: unknown): FetchedMessage {
  const origin = checkShape(inboundOriginSchema, message);
  const unparsed = {
    sequence,
    parsed: false,
    ...("value" in origin ? { conversationId: origin.value.conversationId } : {}),
  } as const;
  if (isTooDeep(message)) {
    return { ...unparsed, raw: writeJson(message), fault: `deeper than ${jsonDepthMax} levels` };
  }
  const parsed = checkShape(inboundMessageSchema, message);
  if ("value" in parsed) return { sequence, parsed: true, message: parsed.value };
  return { ...unparsed, raw: JSON.stringify(message), fault: parsed.fault };
}
