import type { ChatEvent } from "@dms/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { planReply, replyKey, withMedia } from "./reply.ts";

const conversation = { hubConversationId: "c", parties: { customer: "ann", business: "shop" } };
const envelope = { conversationId: "c", from: "shop", to: "ann" };
const said = (changes: Partial<ChatEvent>): ChatEvent => ({ from: { type: "Agent" }, type: "Message", ...changes });
const content = { contentType: "list", content: { items: [1] } };

test("planReply: a text goes as it is", () => {
  const message = { ...envelope, type: "text", text: " hi " };
  expect(planReply(said({ text: " hi " }), conversation)).toEqual({ kind: "message", message });
});

test("planReply: a pushed link goes as text", () => {
  const message = { ...envelope, type: "text", text: "http://x" };
  expect(planReply(said({ type: "PushUrl", pushUrl: "http://x" }), conversation)).toEqual({ kind: "message", message });
  expect(planReply(said({ type: "PushUrl", text: "http://x" }), conversation)).toEqual({ kind: "message", message });
});

test("planReply: structured content goes with its type and the text beside it, wherever the desktop put it", () => {
  const message = { ...envelope, type: "structured", ...content, text: "choose" };
  const inAttributes = said({ text: "choose", eventAttributes: { "structured-content": { any: content } } });
  const inEvent = said({ text: "choose", "structured-content": { any: content } });
  expect(planReply(inAttributes, conversation)).toMatchObject({ kind: "message", message: { text: "choose" } });
  expect(planReply(inAttributes, conversation)).toEqual(planReply(inEvent, conversation));
  expect(planReply(inEvent, conversation)).toMatchObject({ message: { ...message, content: expect.anything() } });
});

test.for<unknown>([null, 7, {}, { any: "text" }])(
  "planReply: structured content of another form is a text: %j",
  (odd) => {
    const message = { ...envelope, type: "text", text: "t" };
    expect(planReply(said({ text: "t", "structured-content": odd }), conversation)).toEqual({
      kind: "message",
      message,
    });
  },
);

test("planReply: a file is moved first and keeps its name", () => {
  const userData = { "file-id": "f", "file-name": "plan.pdf" };
  const plan = planReply(said({ type: "FileUploaded", userData }), conversation);
  expect(plan).toEqual({
    kind: "file",
    fileId: "f",
    name: "plan.pdf",
    message: { ...envelope, type: "media", media: [] },
  });
  const media = { id: "hub-1" };
  expect(plan.kind === "file" && withMedia(plan.message, media)).toEqual({
    ...envelope,
    type: "media",
    media: [media],
  });
  expect(planReply(said({ type: "FileUploaded", userData: { "file-id": "f" } }), conversation)).toMatchObject({
    name: "f",
  });
});

test.for<Partial<ChatEvent>>([
  {},
  { text: "" },
  { type: "FileUploaded" },
  { type: "FileUploaded", userData: { "file-id": 3 } },
])("planReply: nothing to send in %j", (changes) => {
  expect(planReply(said(changes), conversation)).toEqual({ kind: "nothing" });
});

const anyEvent = fc.record({ type: fc.constantFrom("Message", "PushUrl"), text: fc.string(), index: fc.nat() });

test("replyKey: the same for every reader of the event, whatever its position (A16)", () => {
  fc.assert(
    fc.property(anyEvent, fc.nat(), fc.integer({ min: 1 }), (event, index, ordinal) => {
      const key = replyKey("s1", { ordinal, event: said(event) });
      expect(replyKey("s1", { ordinal, event: said({ ...event, index, utcTime: 5 }) })).toBe(key);
      expect(replyKey("s1", { ordinal: ordinal + 1, event: said(event) })).not.toBe(key);
      expect(replyKey("s2", { ordinal, event: said(event) })).not.toBe(key);
      expect(replyKey("s1", { ordinal, event: said({ ...event, text: `${event.text}.` }) })).not.toBe(key);
    }),
  );
});

test("replyKey: fits the hub's limit of 255 characters, whatever the chat id", () => {
  expect(replyKey("x".repeat(1000), { ordinal: 1e9, event: said({ text: "t" }) }).length).toBeLessThanOrEqual(255);
});
