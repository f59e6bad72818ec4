import type { InboundMessage, Media } from "@dms/protocol";

/** One thing to put into the chat for a message. `text` and `file` appear in the transcript as one own event each. */
export type Post = { kind: "text"; text: string; messageType: string } | { kind: "file"; media: Media };

/** What a message asks of the chat: posts to show, a sign that needs no place in the transcript, or the end of it. */
export type Rendering = { kind: "posts"; posts: Post[] } | { kind: "typing"; isTyping: boolean } | { kind: "ended" };

function words(parts: (string | number | undefined)[], separator: string): string {
  return parts.filter((part) => part !== undefined && part !== "").join(separator);
}

function renderLocation({ location }: InboundMessage): string {
  const { latitude, longitude, name, address } = location ?? {};
  const where = latitude === undefined || longitude === undefined ? "" : `(${latitude}, ${longitude})`;
  return words(["[location]", words([name, address], ", "), where], " ");
}

function renderContact({ contact }: InboundMessage): string {
  const lines = Object.entries(contact ?? {}).map(
    ([key, value]) => `${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return words(["[contact]", lines.join("; ")], " ");
}

function renderChoice({ interactive }: InboundMessage): string {
  const { kind, id, title, payload } = interactive ?? {};
  const origin = words([kind, id], " ");
  return words(["[choice]", title, origin === "" ? "" : `(${origin})`, payload], " ");
}

function renderReceipt({ receipt }: InboundMessage): string {
  const { messageId, status, reason } = receipt ?? {};
  return words(["[receipt]", status, messageId, reason === undefined ? "" : `(${reason})`], " ");
}

const bodies: Partial<Record<InboundMessage["type"], (message: InboundMessage) => string>> = {
  location: renderLocation,
  contact: renderContact,
  interactive: renderChoice,
  receipt: renderReceipt,
};

function mediaPosts(media: Media[]): Post[] {
  return media.flatMap((file): Post[] =>
    file.caption === undefined || file.caption === ""
      ? [{ kind: "file", media: file }]
      : [
          { kind: "file", media: file },
          { kind: "text", text: file.caption, messageType: "caption" },
        ],
  );
}

/**
 * How a message appears to the agent. A pure function of the message, the same in every version that runs side by side:
 * the number of posts is what reconciling counts (A2). Text is shown as it was written, never changed.
 */
export function render(message: InboundMessage): Rendering {
  if (message.type === "activity") {
    if (message.activity === "ended") return { kind: "ended" };
    return { kind: "typing", isTyping: message.activity === "typing-started" };
  }
  const posts = mediaPosts(message.media ?? []);
  const body = bodies[message.type]?.(message);
  if (body !== undefined) posts.push({ kind: "text", text: body, messageType: message.type });
  if (message.text !== undefined && message.text !== "") {
    posts.push({ kind: "text", text: message.text, messageType: "text" });
  }
  if (posts.length === 0) posts.push({ kind: "text", text: `[empty ${message.type}]`, messageType: message.type });
  return { kind: "posts", posts };
}

/** What stands in the transcript in the place of a file that could not be shown; counts as one post, as the file would. */
export function describeFile(media: Media, why: string): string {
  const size = media.bytes === undefined ? undefined : `${media.bytes} bytes`;
  return `[file ${words([media.name ?? media.id, media.mime, size], ", ")}: ${why}]`;
}
