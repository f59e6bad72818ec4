import { classify } from "@dms/rules";
import { expect, test } from "vitest";
import type { Conversation } from "./conversation.ts";
import { newSession } from "./session.ts";
import { isOver, noteKnown } from "./unknown-session.ts";

const counts = { shown: 0, appName: "", pollMs: 1, now: 0 };
const handle = { chatId: "s1", secureKey: "", userId: "", alias: "", server: "" };
const fromGateway = classify({ kind: "status", status: 404, isOwnForm: false }, "chat-session", "look");
const fromServer = classify({ kind: "status", status: 404, isOwnForm: true }, "chat-session", "look");
const silence = classify({ kind: "timeout", isSent: true }, "chat-session", "look");

function begin() {
  let now = 7;
  const context = { clock: { monotonic: () => now }, bounds: { unknownSessionMs: 1000 } };
  const conversation = { desk: { context } } as unknown as Conversation;
  return { conversation, session: newSession(handle, counts), pass: (ms: number) => (now += ms) };
}

test("a session is over once it was unknown for the bound, whatever else failed in between", () => {
  const { conversation, session, pass } = begin();
  expect(isOver(conversation, session, fromGateway)).toBe(false);
  pass(999);
  expect(isOver(conversation, session, silence)).toBe(false);
  expect(isOver(conversation, session, fromGateway)).toBe(false);
  pass(1);
  expect(isOver(conversation, session, silence)).toBe(false);
  expect(isOver(conversation, session, fromGateway)).toBe(true);
});

test("times in which a session is unknown are not added up", () => {
  const { conversation, session, pass } = begin();
  for (let i = 0; i < 5; i++) {
    expect(isOver(conversation, session, fromGateway)).toBe(false);
    pass(900);
    noteKnown(session);
  }
});

test("a session is over at once when its chat server says so", () => {
  const { conversation, session } = begin();
  expect(isOver(conversation, session, fromServer)).toBe(true);
});
