import { inboundMessageSchema, type Media } from "@dms/protocol";
import { describeFile, type Post, render } from "@dms/rules";
import type { InboundFact, ShownFact } from "./history.ts";

/**
 * What a message must bring into the chat: `posts` with the tokens that each may bear, nothing at all (`silent`), or a
 * dead letter because it breaks the contract (`malformed`).
 */
export type ExpectedPosts = { kind: "posts"; posts: string[][] } | { kind: "silent" } | { kind: "malformed" };

const remembered = new WeakMap<InboundFact, ExpectedPosts>();

export function expectedPosts(fact: InboundFact): ExpectedPosts {
  let known = remembered.get(fact);
  if (known === undefined) remembered.set(fact, (known = expectedFrom(fact.message)));
  return known;
}

/** What a post in a transcript may be taken for. */
export function shownTokens({ kind, text }: ShownFact): string[] {
  return kind === "file" ? [`file:${text}`, anyFile] : [`text:${text}`];
}

const anyFile = "file";

function expectedFrom(message: unknown): ExpectedPosts {
  const parsed = inboundMessageSchema.safeParse(message);
  if (!parsed.success) return { kind: "malformed" };
  const rendering = render(parsed.data);
  if (rendering.kind !== "posts") return { kind: "silent" };
  return { kind: "posts", posts: rendering.posts.map(tokensOf) };
}

function tokensOf(post: Post): string[] {
  return post.kind === "text" ? [`text:${post.text}`] : fileTokens(post.media);
}

/** A file that the hub no longer has, or that the chat server refuses, is replaced by a line that says so. */
function fileTokens(media: Media): string[] {
  const lines = ["not available", "refused by the chat server"].map((why) => `text:${describeFile(media, why)}`);
  return [media.name === undefined ? anyFile : `file:${media.name}`, ...lines];
}
