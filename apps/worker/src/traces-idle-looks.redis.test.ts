import { failed } from "@dms/rules";
import { afterEach, expect, test, vi } from "vitest";
import type { Actor } from "./testing/actor.ts";
import { useStage } from "./testing/stage.ts";
import { Turns } from "./turns.ts";

// After a death a new owner has many sessions in which nothing waits; a customer who writes must not wait for all of them.

afterEach(() => {
  vi.restoreAllMocks();
});

const stage = useStage();
const wholeTranscript = 1;
const conversations = 40;
/** An eighth of `effects-max` as it is by default. */
const places = 32;
const names = Array.from({ length: conversations }, (_, i) => `c${i}`);
const within = { timeout: 10_000, interval: 20 };

/** The server asks not to be asked again for longer than a test takes. */
const unwilling = failed({
  verdict: "retry",
  executed: "no",
  code: "http-503",
  detail: "busy",
  retryAfterMs: 600_000,
});

/** A worker that takes over sessions of all conversations, and of which the first looks at them have no answer yet. */
async function heir(): Promise<{ actor: Actor; asked: () => number; answer: () => void; fail: () => void }> {
  const former = await stage.hire("w0");
  for (const name of names) await stage.give(name, `first of ${name}`);
  await stage.rest();
  const answered = Promise.withResolvers<"read" | "fail">();
  let asked = 0;
  const actor = await stage.hire("w1", {
    chat: (real) => ({
      refresh: async (handle, position, signal) => {
        if (position === wholeTranscript && ++asked <= places && (await answered.promise) === "fail") return unwilling;
        return real.refresh(handle, position, signal);
      },
    }),
  });
  await stage.failOver(former);
  return { actor, asked: () => asked, answer: () => answered.resolve("read"), fail: () => answered.resolve("fail") };
}

const shown = (): string[] => Object.values(stage.chat.shown).flat();

test("sessions in which nothing waits are read a few at a time, and who writes is served before the others", async () => {
  const { asked, answer } = await heir();
  await vi.waitFor(() => expect(asked()).toBe(places), within);
  for (const name of names) await stage.give(name, `second of ${name}`);
  const seconds = (): number => shown().filter((text) => text.startsWith("second")).length;
  await vi.waitFor(() => expect(seconds()).toBe(conversations - places), within);
  answer();
  await stage.rest();
  expect(shown().toSorted()).toEqual(names.flatMap((name) => [`first of ${name}`, `second of ${name}`]).toSorted());
});

test("those that wait for their turn are read when places become free, with nobody writing", async () => {
  const { asked, answer } = await heir();
  await vi.waitFor(() => expect(asked()).toBe(places), within);
  answer();
  await vi.waitFor(() => expect(asked()).toBe(conversations), within);
});

test("a session that backs off keeps nobody waiting", async () => {
  const { asked, fail } = await heir();
  await vi.waitFor(() => expect(asked()).toBe(places), within);
  fail();
  await vi.waitFor(() => expect(asked()).toBe(conversations), within);
});

test("without turns all are asked for at once", async () => {
  vi.spyOn(Turns.prototype, "enter").mockReturnValue(true);
  const { asked, answer } = await heir();
  await vi.waitFor(() => expect(asked()).toBe(conversations), within);
  answer();
});
