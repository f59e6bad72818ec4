import type { ChatEvent } from "@dms/protocol";
import { chatEventTypes } from "@dms/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  fitsPost,
  hasRepeats,
  judgeSurplus,
  countTranscript,
  extraPosts,
  nextPosition,
  postsOfMissing,
} from "./transcript.ts";

const event = (from: string, type: string, index?: number): ChatEvent => ({
  from: { type: from },
  type,
  ...(index === undefined ? {} : { index }),
});

/** Which events of whom count: own posts, what is for the customer to see, or neither. */
const table: Record<string, { client: string; others: string }> = {
  Message: { client: "own", others: "spoken" },
  FileUploaded: { client: "own", others: "spoken" },
  PushUrl: { client: "-", others: "spoken" },
  ParticipantJoined: { client: "-", others: "-" },
  ParticipantLeft: { client: "-", others: "-" },
  TypingStarted: { client: "-", others: "-" },
  TypingStopped: { client: "-", others: "-" },
  NicknameUpdated: { client: "-", others: "-" },
  FileDeleted: { client: "-", others: "-" },
  CustomNotice: { client: "-", others: "-" },
  Notice: { client: "-", others: "-" },
};

function kindOf(counted: ChatEvent): string {
  const { ownPosts, agentMessages } = countTranscript([counted]);
  return ownPosts.length === 1 ? "own" : agentMessages.length === 1 ? "spoken" : "-";
}

test("countTranscript: the table has a row for every type of event", () => {
  expect(Object.keys(table).toSorted()).toEqual([...chatEventTypes].toSorted());
});

test.for(Object.entries(table))("countTranscript: %s counts as the table says", ([type, { client, others }]) => {
  expect(kindOf(event("Client", type))).toBe(client);
  for (const from of ["Agent", "Supervisor", "External"]) expect(kindOf(event(from, type))).toBe(others);
});

test("countTranscript: agent messages keep their order, and a restoration without notices changes no count", () => {
  const said = [event("Client", "Message"), event("Agent", "Message"), event("Agent", "FileUploaded")];
  const noticed = said.flatMap((each) => [event("External", "Notice"), each, event("Agent", "TypingStarted")]);
  expect(countTranscript(noticed)).toEqual(countTranscript(said));
});

test("extraPosts: never negative, and nothing when no more is in the transcript than was counted", () => {
  expect(extraPosts(3, 1)).toBe(2);
  expect(extraPosts(1, 3)).toBe(0);
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (own, shown) => {
      expect(extraPosts(own, shown)).toBe(own > shown ? own - shown : 0);
    }),
  );
});

test("nextPosition: what the server says, else after the last event, else as before", () => {
  expect(nextPosition(9, [event("Client", "Message", 3)], 1)).toBe(9);
  expect(nextPosition(0, [event("Client", "Message", 3)], 1)).toBe(4);
  expect(nextPosition(0, [event("Client", "Message")], 5)).toBe(5);
  expect(nextPosition(0, [], 5)).toBe(5);
});

const said = (text: string): ChatEvent => ({ ...event("Client", "Message"), text });
const expected = (text: string) => ({ kind: "text", text, messageType: "text" }) as const;

test("judgeSurplus: a surplus is the next post, unless it says something else and something stands there twice", () => {
  expect(judgeSurplus(said("two"), expected("two"), { haveRepeats: true })).toBe("shown");
  expect(judgeSurplus(said("one"), expected("two"), { haveRepeats: true })).toBe("repeated");
  expect(judgeSurplus(said("changed on its way"), expected("two"), { haveRepeats: false })).toBe("shown");
});

test("postsOfMissing: the first surplus post is its own, and all up to the next message's", () => {
  const posts = ["cap", "two", "three"].map(said);
  expect(postsOfMissing(posts, expected("two"))).toBe(1);
  expect(postsOfMissing(posts, expected("three"))).toBe(2);
  expect(postsOfMissing(posts, expected("four"))).toBe(3);
  expect(postsOfMissing(posts, null)).toBe(3);
  // It may be of either; then the next one is shown again, and nothing is lost.
  expect(postsOfMissing(posts, expected("cap"))).toBe(3);
  expect(postsOfMissing([], expected("two"))).toBe(0);
});

test("fitsPost: what a chat server may do to a text does not make it another one", () => {
  expect(fitsPost(said("a &lt;b&gt; &amp; c"), expected(" a <b> & c "))).toBe(true);
  expect(fitsPost(said("x".repeat(300)), expected("x".repeat(5000)))).toBe(true);
  expect(fitsPost(said("yes"), expected("yes, please"))).toBe(false);
  expect(fitsPost(event("Client", "FileUploaded"), { kind: "file", media: { id: "f" } })).toBe(true);
  expect(fitsPost(said("[file f: not available]"), { kind: "file", media: { id: "f" } })).toBe(true);
});

test("hasRepeats: only the same words, or a file of the same name, are a repetition", () => {
  expect(hasRepeats([said("a"), said("b")])).toBe(false);
  expect(hasRepeats([said("a"), said("b"), said("a")])).toBe(true);
});
