import type { ChatEvent } from "@dms/protocol";
import type { Post } from "./posts.ts";

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
  ownPosts: ChatEvent[];
  agentMessages: ChatEvent[];
}

export function countTranscript(events: readonly ChatEvent[]): TranscriptCount {
  return { ownPosts: events.filter(isOwnPost), agentMessages: events.filter(isAgentMessage) };
}

/**
 * How many of the next posts, in order, the transcript shows already: own posts in all of it minus those accounted for.
 * A transcript that has fewer than were shown has lost some in a restoration; nothing is unknown then. (I1, I2)
 */
export function extraPosts(ownInTranscript: number, shown: number): number {
  return Math.max(0, ownInTranscript - shown);
}

/** What a chat server may do to a text on its way into a transcript, taken away again. */
function plain(text: string): string {
  return text.normalize("NFC").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&").trim();
}

/** A transcript may keep only the beginning of a long text; so much of it is enough to know it by. */
const knownByLength = 200;

function isSameText(written: string, expected: string): boolean {
  const [a, b] = [plain(written), plain(expected)];
  return a === b || (a.length >= knownByLength && b.startsWith(a));
}

/** Whether an own post in the transcript can be the one that is expected next. */
export function fitsPost(event: ChatEvent, expected: Post): boolean {
  const text = event.text ?? "";
  if (expected.kind === "file") return event.type === "FileUploaded" || text.startsWith("[file ");
  return event.type === "Message" && isSameText(text, expected.text);
}

/** Whether any own post stands in the transcript twice: the same text, or a file of the same name. */
export function hasRepeats(ownPosts: readonly ChatEvent[]): boolean {
  const seen = new Set(ownPosts.map((event) => JSON.stringify([event.type, event.text ?? event.userData ?? null])));
  return seen.size < ownPosts.length;
}

/**
 * What a surplus own post is. Counting says: the next one. But a server may execute a request long after it was given up
 * and made again; then the count is one too high, and the next message would be taken for shown and lost. So a surplus
 * that is not the expected post, in a transcript in which something stands twice, is that repetition. (I1 before I2)
 */
export function judgeSurplus(
  surplus: ChatEvent,
  expected: Post,
  ownPosts: { haveRepeats: boolean },
): "shown" | "repeated" {
  return ownPosts.haveRepeats && !fitsPost(surplus, expected) ? "repeated" : "shown";
}

/**
 * How many surplus own posts are of a message whose entry is nowhere, so that nobody knows how many it makes: the first of
 * them, for a post that was made must not pass for the next message's (I1 before I2), and all up to one that says what the
 * next message says first. Only a message that ends as the next one begins can pass for it then.
 */
export function postsOfMissing(surplus: readonly ChatEvent[], nextPost: Post | null): number {
  const foreign = surplus.findIndex((event, i) => i > 0 && nextPost !== null && fitsPost(event, nextPost));
  return foreign < 0 ? surplus.length : foreign;
}

/** Where to read on: what the server says, or else one past the last event seen that has an index. */
export function nextPosition(said: number, events: readonly ChatEvent[], before: number): number {
  if (said > 0) return said;
  const last = events.findLast(({ index }) => index !== undefined)?.index;
  return last === undefined ? before : last + 1;
}

/** A message of an agent as it was read before: its ordinal among them, from 1, and what it is known by. */
export interface ReadMessage {
  ordinal: number;
  mark: string;
}

/** What an agent's message is known by in another reading of its transcript: when it was said; its words may be told anew. */
export function markOf({ type, utcTime }: ChatEvent): string {
  return utcTime === undefined ? "" : `${type} ${utcTime}`;
}

/**
 * What to add to a message's place in the transcript, from 1, for its ordinal: how many agents' messages a restoration has
 * lost. `count` were read before, the last of them `last`. The length alone does not tell where somebody has written since:
 * so the latest that still stands is looked for, and what stands behind it is new. Where none does, or times are not told
 * or told anew, the length has to do. Below 0 where messages stand there that nobody has read: they keep what follows from
 * being sent again. (I8)
 */
export function lostOfAgents(
  messages: readonly ChatEvent[],
  { count, last }: { count: number; last: readonly ReadMessage[] },
): number {
  const marks = last.length > 0 ? messages.map(markOf) : [];
  for (const { ordinal, mark } of last.toReversed()) {
    const place = marks[ordinal - 1] === mark ? ordinal : marks.lastIndexOf(mark) + 1;
    if (mark !== "" && place > 0) return (ordinal === last.at(-1)?.ordinal ? ordinal : count) - place;
  }
  return Math.max(0, count - messages.length);
}
