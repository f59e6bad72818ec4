import { type Chat, failed } from "@dms/rules";
import { expect, test } from "vitest";
import { rejected } from "./testing/call-script.ts";
import { useStage } from "./testing/stage.ts";

// A session whose calls are refused: some chat servers answer HTTP 400 to every call of a session that is over.

const stage = useStage();
const refused = () => failed({ verdict: "reject", executed: "no", code: "http-400", detail: "scripted" });

async function liveSession(): Promise<void> {
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.rest();
}

/** Refuses every post and look of the first session as soon as it is over. */
function refusingOnceOver(real: Chat): Partial<Chat> {
  const isOver = (chatId: string): boolean => chatId === "s1" && !stage.chat.room("s1").isOpen;
  return {
    send: async (handle, post, signal) => (isOver(handle.chatId) ? refused() : real.send(handle, post, signal)),
    refresh: async (handle, position, signal) =>
      isOver(handle.chatId) ? refused() : real.refresh(handle, position, signal),
  };
}

test("an idle session whose polls and looks are refused is over, and the next message opens another", async () => {
  const w0 = await stage.hire("w0", { chat: refusingOnceOver });
  await liveSession();
  stage.chat.end("s1");
  await w0.saw("conversation-closed");
  expect(w0.all("session-ended")).toMatchObject([{ chatId: "s1", isReadable: false }]);
  // Should it live after all, its agent is told that nobody is there.
  expect(stage.chat.script.calls).toContain("disconnect s1");
  await stage.give("c1", "m2");
  await stage.shows({ s1: ["m1"], s2: ["m2"] });
  await stage.rest();
});

test("messages that are refused as the looks of their session are go into the next session", async () => {
  await stage.hire("w0", { chat: refusingOnceOver });
  await liveSession();
  stage.chat.end("s1");
  await stage.give("c1", "m2", "m3");
  await stage.rest();
  expect(await stage.deadLetters()).toEqual([]);
  expect(stage.chat.shown).toEqual({ s1: ["m1"], s2: ["m2", "m3"] });
});

test("a message whose last refusal comes as its session ends is tried in the next session", async () => {
  await stage.hire("w0");
  await liveSession();
  for (const _ of [1, 2]) stage.chat.script.next("send", rejected, "m2");
  stage.chat.script.next(
    "send",
    (call) => {
      stage.chat.end("s1");
      return rejected(call);
    },
    "m2",
  );
  await stage.give("c1", "m2");
  await stage.rest();
  expect(await stage.deadLetters()).toEqual([]);
  expect(stage.chat.shown).toEqual({ s1: ["m1"], s2: ["m2"] });
});

test("a message that is refused in a session that lives costs one look for each of its tries", async () => {
  const w0 = await stage.hire("w0");
  await liveSession();
  stage.chat.script.always("send", rejected, "bad");
  await stage.give("c1", "bad", "m3");
  await stage.shows({ s1: ["m1", "m3"] });
  await stage.rest();
  expect(await stage.deadLetters()).toEqual(["rejected 2"]);
  expect(stage.chat.script.calls.filter((call) => call === "send bad")).toHaveLength(3);
  expect(w0.all("conversation-reconciled")).toHaveLength(3);
});

test("polls that are refused where looks are answered come ever less often, up to the idle period", async () => {
  const w0 = await stage.hire("w0", {
    chat: (real) => ({
      refresh: async (handle, position, signal) =>
        position === 1 ? real.refresh(handle, position, signal) : refused(),
    }),
  });
  await liveSession();
  const begun = performance.now();
  await w0.saw("conversation-reconciled", 8);
  // Of eight polls the last six are an idle period of 100 ms apart.
  expect(performance.now() - begun).toBeGreaterThan(500);
  expect(w0.all("session-ended")).toEqual([]);
});
