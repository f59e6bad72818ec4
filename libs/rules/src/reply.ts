import { createHash } from "node:crypto";
import type { ChatEvent, Media, OutboundMessage, Parties } from "@dms/protocol";

/** An agent's message with its place among those of its session, from 1. */
export interface AgentMessage {
  ordinal: number;
  event: ChatEvent;
}

/** What an agent's message asks of the hub: a message as it stands, a file to move first, or nothing at all. */
export type ReplyPlan =
  | { kind: "message"; message: OutboundMessage }
  | { kind: "file"; fileId: string; name: string; message: OutboundMessage }
  | { kind: "nothing" }
  /** What the server sent cannot be read: it goes to the dead letters as it came. */
  | { kind: "unreadable"; raw: string };

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Structured content as the desktop's plug-ins carry it, under `structured-content` of the event or its attributes. */
function structuredContent(event: ChatEvent): { contentType: string; content: unknown } | null {
  const carrier = event.eventAttributes?.["structured-content"] ?? event["structured-content"];
  if (typeof carrier !== "object" || carrier === null) return null;
  const [content] = Object.values(carrier);
  if (typeof content !== "object" || content === null) return null;
  const contentType = text((content as Record<string, unknown>)["contentType"]);
  return { contentType: contentType === "" ? "interactive" : contentType, content };
}

/** Turns an agent's event into what goes to the hub. Pure, so that a second owner makes the same message. */
export function planReply(event: ChatEvent, conversation: { hubConversationId: string; parties: Parties }): ReplyPlan {
  if (event.unreadable !== undefined) return { kind: "unreadable", raw: event.unreadable };
  const envelope = {
    conversationId: conversation.hubConversationId,
    from: conversation.parties.business,
    to: conversation.parties.customer,
  };
  if (event.type === "FileUploaded") {
    const fileId = text(event.userData?.["file-id"]);
    const name = text(event.userData?.["file-name"]) || event.text || fileId;
    if (fileId === "") return { kind: "nothing" };
    return { kind: "file", fileId, name, message: { ...envelope, type: "media", media: [] } };
  }
  const body = event.text ?? text(event["pushUrl"]);
  const structured = structuredContent(event);
  if (structured) {
    return {
      kind: "message",
      message: { ...envelope, type: "structured", ...structured, ...(body && { text: body }) },
    };
  }
  if (body === "") return { kind: "nothing" };
  return { kind: "message", message: { ...envelope, type: "text", text: body } };
}

/** The message of a file once it has a place at the hub. */
export function withMedia(message: OutboundMessage, media: Media): OutboundMessage {
  return { ...message, media: [media] };
}

/**
 * The idempotency key of a reply: chat id, ordinal in the session, hash of the event's content. Another owner that reads
 * the same transcript makes the same key; a renumbered one cannot hit an old key with another body. (A16, I8)
 */
export function replyKey(chatId: string, { ordinal, event }: AgentMessage): string {
  const content = JSON.stringify([event.type, event.text ?? "", event.userData ?? null, event.eventAttributes ?? null]);
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 16);
  return `${chatId.slice(0, 200)}:${ordinal}:${hash}`;
}
