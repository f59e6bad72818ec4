import type { ChatEvent } from "@dms/protocol";
import { chatEventTypes } from "@dms/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  fitsPost,
  hasRepeats,
  judgeSurplus,
  lostOfAgents,
  markOf,
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
  expect(nextPosition(0, [event("Client", "Message", 3), event("Agent", "Message")], 1)).toBe(4);
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

const spoken = (at: number, text = `word ${at}`): ChatEvent => ({ ...event("Agent", "Message"), text, utcTime: at });
const read = (...events: ChatEvent[]) => ({
  count: events.length,
  last: events.map((each, i) => ({ ordinal: i + 1, mark: markOf(each) })).slice(-4),
});

test("lostOfAgents: what was written since a loss follows what was read, whatever the length says", () => {
  const [r1, r2, r3, r4] = [spoken(1), spoken(2), spoken(3), spoken(4)];
  expect(lostOfAgents([r1, r2], read(r1, r2))).toBe(0);
  expect(lostOfAgents([r1], read(r1, r2))).toBe(1);
  expect(lostOfAgents([r1, r3], read(r1, r2))).toBe(1);
  expect(lostOfAgents([r1, r3, r4], read(r1, r2))).toBe(1);
  expect(lostOfAgents([r1, r4], read(r1, r2, r3))).toBe(2);
});

test("lostOfAgents: what was lost and comes back is not sent again, nor what followed it", () => {
  const [r1, r2, r3] = [spoken(1), spoken(2), spoken(3)];
  // Read as 1 and 2, then 3 in the place of the second.
  expect(lostOfAgents([r1, r3], read(r1, r2, r3))).toBe(1);
  expect(lostOfAgents([r1, r2, r3], read(r1, r2, r3))).toBe(0);
  expect(lostOfAgents([r1, spoken(9), r2, r3], read(r1, r2, r3))).toBe(-1);
});

test("lostOfAgents: where nothing is known again, the length tells", () => {
  const again = [spoken(11, "word 1"), spoken(12, "word 2"), spoken(13)];
  expect(lostOfAgents(again, read(spoken(1), spoken(2)))).toBe(0);
  expect(lostOfAgents(again.slice(0, 1), read(spoken(1), spoken(2)))).toBe(1);
  const { utcTime: _, ...undated } = spoken(1, "ok");
  expect(lostOfAgents([undated, undated], read(undated))).toBe(0);
  expect(lostOfAgents([spoken(1)], { count: 3, last: [] })).toBe(2);
});

test("lostOfAgents: nothing that was read is sent again, and nothing new is passed over, while one of the last four stands", () => {
  fc.assert(
    fc.property(fc.nat(8), fc.nat(3), fc.nat(5), (before, lost, since) => {
      const known = Array.from({ length: before + 1 }, (_, i) => spoken(i));
      const kept = known.slice(0, Math.max(1, known.length - lost));
      const all = [...kept, ...Array.from({ length: since }, (_, i) => spoken(100 + i))];
      const shift = lostOfAgents(all, read(...known));
      expect(kept.every((_, i) => shift + i + 1 <= known.length)).toBe(true);
      expect(all.slice(kept.length).map((_, i) => shift + kept.length + i + 1)).toEqual(
        Array.from({ length: since }, (_, i) => known.length + i + 1),
      );
    }),
  );
});
