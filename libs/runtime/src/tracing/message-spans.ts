import type { ConversationId } from "@dms/protocol";
import { splitConversationId } from "@dms/protocol";
import type { Clock, ClusterEvent } from "@dms/rules";
import type { AttributeValue, Span } from "./span.ts";
import { isSampled, spanIdOf, traceIdsOf } from "./trace-ids.ts";

type Attributes = Record<string, AttributeValue>;

/**
 * The spans that an event ends. Names and attributes follow OpenTelemetry's conventions for messaging: `receive` is a
 * batch's way from the hub into Redis, `process` a message's way through its owner, and above both stands the whole way, from the hub's
 * receipt to the place in the chat.
 */
export function spansOf(event: ClusterEvent, { clock, ratio }: { clock: Clock; ratio: number }): Span[] {
  switch (event.type) {
    case "batch-stored":
      return event.batch.flatMap((fetched) =>
        fetched.parsed ? receiveSpan(event, fetched.message, { endMs: clock.wall(), ratio }) : [],
      );
    case "message-shown":
    case "message-noted":
      return wholeWay(event, { ratio, error: "" });
    case "message-buried":
      if (event.messageId === "") return [];
      return wholeWay(event, { ratio, error: `${event.reason}: ${event.detail}` });
    default:
      return [];
  }
}

function receiveSpan(
  event: Extract<ClusterEvent, { type: "batch-stored" }>,
  message: { id: string; conversationId: string },
  { endMs, ratio }: { endMs: number; ratio: number },
): Span[] {
  const { channel, batch, storeMs } = event;
  const { traceId, rootId } = traceIdsOf(channel, message.id);
  if (!isSampled(traceId, ratio)) return [];
  const startMs = endMs - storeMs;
  const name = `receive ${channel}`;
  const attributes = {
    ...messaging({ channel, messageId: message.id, conversation: message.conversationId, operation: "receive" }),
    "messaging.batch.message_count": batch.length,
  };
  const spanId = spanIdOf(traceId, name, startMs);
  return [{ traceId, spanId, parentId: rootId, name, kind: "consumer", startMs, endMs, attributes, error: "" }];
}

type Ended = Extract<ClusterEvent, { type: "message-shown" | "message-noted" | "message-buried" }>;

function wholeWay(event: Ended, end: { ratio: number; error: string }): Span[] {
  const { messageId, conversation, partition, seq, sentAt, latencyMs, deliveryMs } = event;
  const { channel, hubConversationId } = splitConversationId(conversation as ConversationId);
  const { traceId, rootId } = traceIdsOf(channel, messageId);
  const { ratio, error } = end;
  const endMs = sentAt + latencyMs;
  if (!isSampled(traceId, ratio)) return [];
  const about = { channel, messageId, conversation: hubConversationId };
  const place: Attributes = { "dms.partition": partition, "dms.seq": seq, "dms.outcome": event.type.slice(8) };
  const name = `process ${channel}`;
  const startMs = endMs - deliveryMs;
  const own = event.type === "message-shown" ? shownAttributes(event) : {};
  return [
    {
      traceId,
      spanId: rootId,
      parentId: "",
      name: `message ${channel}`,
      kind: "internal",
      startMs: Math.min(sentAt, startMs),
      endMs,
      attributes: { ...messaging({ ...about, operation: "" }), ...place },
      error,
    },
    {
      traceId,
      spanId: spanIdOf(traceId, name, startMs),
      parentId: rootId,
      name,
      kind: "consumer",
      startMs,
      endMs,
      attributes: { ...messaging({ ...about, operation: "process" }), ...place, ...own },
      error,
    },
  ];
}

function shownAttributes(event: Extract<ClusterEvent, { type: "message-shown" }>): Attributes {
  return { "dms.chat_id": event.chatId, "dms.posts": event.posts, "dms.failures": event.failures };
}

function messaging(about: { channel: string; messageId: string; conversation: string; operation: string }): Attributes {
  return {
    "messaging.system": "dms",
    "messaging.destination.name": about.channel,
    "messaging.message.id": about.messageId,
    "messaging.message.conversation_id": about.conversation,
    ...(about.operation !== "" && {
      "messaging.operation.name": about.operation,
      "messaging.operation.type": about.operation,
    }),
  };
}
