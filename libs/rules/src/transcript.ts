import type { ChatEvent } from "@dms/protocol";

/** Events that one own post makes in the transcript, and that one message of an agent makes. */
const countedTypes: ReadonlySet<string> = new Set(["Message", "FileUploaded"]);
const spokenTypes: ReadonlySet<string> = new Set(["Message", "FileUploaded", "PushUrl"]);

/** Whether the event is a post of ours: what the customer's side put into the chat. */
export function isOwnPost(event: ChatEvent): boolean {
  return event.from.type === "Client" && countedTypes.has(event.type);
}

/** Whether the event is for the customer to see: an agent's, a supervisor's or the system's message, file or link. */
export function isAgentMessage(event: ChatEvent): boolean {
  return event.from.type !== "Client" && spokenTypes.has(event.type);
}

/** Counts over a stretch of transcript. */
export interface TranscriptCount {
  own: number;
  agentMessages: ChatEvent[];
}

export function countTranscript(events: readonly ChatEvent[]): TranscriptCount {
  return { own: events.filter(isOwnPost).length, agentMessages: events.filter(isAgentMessage) };
}

/**
 * How many of the next posts, in order, the transcript shows already: own posts in all of it minus those accounted for.
 * A transcript that has fewer than were shown has lost some in a restoration; nothing is unknown then. (I1, I2)
 */
export function extraPosts(ownInTranscript: number, shown: number): number {
  return Math.max(0, ownInTranscript - shown);
}

/** Where to read on: what the server says, or else one past the last event seen. */
export function nextPosition(said: number, events: readonly ChatEvent[], before: number): number {
  if (said > 0) return said;
  const last = events.at(-1)?.index;
  return last === undefined ? before : last + 1;
}
