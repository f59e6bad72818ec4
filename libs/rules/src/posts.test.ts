import type { InboundMessage } from "@dms/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { describeFile, render } from "./posts.ts";

const envelope = { sequence: 1, id: "in-1", conversationId: "c", sentAt: "", from: { id: "a" }, to: { id: "b" } };
const message = (changes: Partial<InboundMessage>): InboundMessage => ({ ...envelope, type: "text", ...changes });
const file = { id: "f1", name: "plan.pdf", mime: "application/pdf", bytes: 12 };

function linesOf(changes: Partial<InboundMessage>): string[] {
  const rendering = render(message(changes));
  if (rendering.kind !== "posts") return [rendering.kind];
  return rendering.posts.map((post) => (post.kind === "text" ? `${post.messageType}: ${post.text}` : post.media.id));
}

test.for<[string, Partial<InboundMessage>, string[]]>([
  ["text", { text: "  hello\n " }, ["text:   hello\n "]],
  ["text that is empty", { text: "" }, ["text: [empty text]"]],
  ["text without a text", {}, ["text: [empty text]"]],
  ["a file", { type: "media", media: [file] }, ["f1"]],
  ["a file with a caption", { type: "media", media: [{ ...file, caption: "see" }] }, ["f1", "caption: see"]],
  ["a file with an empty caption", { type: "media", media: [{ ...file, caption: "" }] }, ["f1"]],
  [
    "two files and a text",
    { type: "media", media: [file, { id: "f2", caption: "2" }], text: "t" },
    ["f1", "f2", "caption: 2", "text: t"],
  ],
  ["media without files", { type: "media", media: [] }, ["media: [empty media]"]],
  [
    "a place",
    { type: "location", location: { latitude: 1.5, longitude: -2, name: "Home" } },
    ["location: [location] Home (1.5, -2)"],
  ],
  [
    "a place at the zero meridian",
    { type: "location", location: { latitude: 0, longitude: 0 } },
    ["location: [location] (0, 0)"],
  ],
  [
    "a place by its address",
    { type: "location", location: { address: "Main St", latitude: 1 } },
    ["location: [location] Main St"],
  ],
  ["a place without anything", { type: "location" }, ["location: [location]"]],
  [
    "a contact",
    { type: "contact", contact: { name: "Bo", phones: ["1"] } },
    ['contact: [contact] name: Bo; phones: ["1"]'],
  ],
  [
    "a choice",
    { type: "interactive", interactive: { kind: "button", id: "7", title: "Yes", payload: "y" } },
    ["interactive: [choice] Yes (button 7) y"],
  ],
  [
    "a choice with a text",
    { type: "interactive", interactive: { title: "Yes" }, text: "Yes!" },
    ["interactive: [choice] Yes", "text: Yes!"],
  ],
  [
    "a receipt",
    { type: "receipt", receipt: { status: "failed", messageId: "m", reason: "no" } },
    ["receipt: [receipt] failed m (no)"],
  ],
  ["typing", { type: "activity", activity: "typing-started" }, ["typing"]],
  ["an unknown activity", { type: "activity", activity: "dancing" }, ["typing"]],
  ["an end", { type: "activity", activity: "ended" }, ["ended"]],
])("render: %s", ([, changes, lines]) => {
  expect(linesOf(changes)).toEqual(lines);
});

test("render: typing says whether it began", () => {
  expect(render(message({ type: "activity", activity: "typing-started" }))).toEqual({ kind: "typing", isTyping: true });
  expect(render(message({ type: "activity", activity: "typing-stopped" }))).toEqual({
    kind: "typing",
    isTyping: false,
  });
});

const types = ["text", "media", "location", "contact", "interactive", "receipt"] as const;
const anyMessage = fc.record({
  type: fc.constantFrom(...types),
  text: fc.option(fc.string(), { nil: undefined }),
  media: fc.option(fc.array(fc.record({ id: fc.string(), caption: fc.option(fc.string(), { nil: undefined }) })), {
    nil: undefined,
  }),
  contact: fc.option(fc.dictionary(fc.string(), fc.jsonValue()), { nil: undefined }),
});

test("render: posts are one or more, the same each time and after storing, and the message stays as it was (A2)", () => {
  fc.assert(
    fc.property(anyMessage, (changes) => {
      const stored = JSON.stringify(message(changes as Partial<InboundMessage>));
      const given = JSON.parse(stored) as InboundMessage;
      const first = render(given);
      expect(first.kind === "posts" && first.posts.length).toBeGreaterThan(0);
      expect(JSON.stringify(given)).toBe(stored);
      expect(render(JSON.parse(stored) as InboundMessage)).toEqual(first);
    }),
  );
});

test("describeFile: a line names the file as far as it is known", () => {
  expect(describeFile(file, "not available")).toBe("[file plan.pdf, application/pdf, 12 bytes: not available]");
  expect(describeFile({ id: "f1" }, "refused")).toBe("[file f1: refused]");
});
