import type { ConversationId } from "@dms/protocol";
import { type Authority, failed } from "@dms/rules";
import { expect, test } from "vitest";
import { handClock } from "../../../libs/runtime/src/testing/hand-clock.ts";
import { Conversation, type DeskServices } from "./conversation.ts";
import { EffectGate } from "./effect-gate.ts";
import { newSession } from "./session.ts";

const turns = async (): Promise<void> => {
  for (let i = 0; i < 30; i++) await Promise.resolve();
};

const leaseMs = 3000;

/** A conversation at rest: loaded, reconciled, nothing in hand, its next poll in half a second. */
function resting({ freezeMs = 0 } = {}) {
  const clock = handClock();
  const wakes: number[] = [];
  const authorities: Authority[] = [];
  /** Of each poll, whether it may leave. */
  const polls: (boolean | undefined)[] = [];
  const chat = {
    under: (authority: Authority) => {
      authorities.push(authority);
      return chat;
    },
    refresh: async () => {
      clock.advance(freezeMs);
      polls.push(authorities.at(-1)?.stands());
      return failed({ verdict: "retry", executed: "no", code: "refused", detail: "down" });
    },
  };
  const hub = { activity: () => new Promise<never>(() => undefined) };
  const bounds = { effectMs: 100, effectsMax: 2, pollIdleMs: 1000, retry: { baseMs: 500, maxMs: 500 } };
  const until = clock.monotonic() + leaseMs;
  const ended = new AbortController().signal;
  const lease = { member: "w", ended, mayStart: (effectMs: number) => clock.monotonic() + effectMs < until };
  const context = { clock, bounds, chat, lease, gate: new EffectGate(clock, bounds), random: { fraction: () => 0 } };
  const desk = { context: { ...context, emit: () => undefined }, wakeAt: (_: unknown, at: number) => wakes.push(at) };
  const place = { id: "w:c" as ConversationId, partition: 0, channel: { hub } as never };
  const conversation = new Conversation(desk as unknown as DeskServices, place);
  conversation.record = { life: "1.a", grant: "1.a", done: 0, seq: 0, suspect: 0, deliveries: 0 };
  const handle = { chatId: "s1", secureKey: "", userId: "", alias: "", server: "" };
  conversation.session = newSession(handle, { shown: 0, appName: "", pollMs: 500, now: clock.monotonic() });
  conversation.session.isReconciled = true;
  return { clock, conversation, wakes, polls };
}

test("a lane that finds nothing to do and waits for nobody ends, and can be woken again", async () => {
  const { clock, conversation, wakes, polls } = resting();
  conversation.wake();
  expect([wakes, polls]).toEqual([[500], []]);
  clock.advance(500);
  conversation.wake();
  await turns();
  expect(polls).toEqual([true]);
});

test("a call that its lease let begin may not leave after a freeze past that lease", async () => {
  const { clock, conversation, polls } = resting({ freezeMs: leaseMs });
  clock.advance(500);
  conversation.wake();
  await turns();
  expect(polls).toEqual([false]);
});

test("signs of typing towards a hub that hangs take one place of the worker's, and its sessions are looked at all the same", async () => {
  const { clock, conversation, polls } = resting();
  for (const type of ["TypingStarted", "TypingStopped", "TypingStarted"]) conversation.replies.showTyping(type);
  clock.advance(500);
  conversation.wake();
  await turns();
  expect(polls).toEqual([true]);
});
