import { expect, test } from "vitest";
import { held, lost } from "./testing/call-script.ts";
import { captioned } from "./testing/cast.ts";
import { useStage } from "./testing/stage.ts";

// Messages of several posts, interrupted between two of them.

const stage = useStage();

test("what is deleted between two posts of a message does not count the first of them as settled", async () => {
  const w0 = await stage.hire("w0");
  stage.chat.script.next("send", lost, "cap");
  const caption = held();
  await stage.give("c1", captioned);
  await w0.saw("post-failed");
  stage.chat.script.next("send", caption.fate, "cap");
  // An entry that says nothing new: it is deleted at once.
  const { life = "", grant = "" } = await stage.record("c1");
  const header = `t 0 ${life} ${grant} whatsapp:c1`;
  await stage.redis.xadd(`dms:{stage:0}:inbox:${w0.member}`, "*", "h", header, "p", "");
  await caption.arrived;
  await stage.eventually(async () => expect(await stage.entries()).toHaveLength(1));
  expect(await stage.record("c1")).toMatchObject({ done: "0", shown: "0" });
  await stage.hire("w1");
  await stage.failOver(w0);
  await stage.rest();
  expect(stage.chat.shown).toEqual({ s1: ["file f", "cap"] });
});

test("a record loaded again between two posts of a message: the second post is still made", async () => {
  const w0 = await stage.hire("w0");
  const caption = held();
  stage.chat.script.next("send", caption.fate, "cap");
  await stage.give("c1", captioned);
  await caption.arrived;
  // An entry under another grant arrives: the record must be read again before it is compared.
  const { life = "" } = await stage.record("c1");
  await stage.redis.xadd(`dms:{stage:0}:inbox:${w0.member}`, "*", "h", `t 0 ${life} 1.old whatsapp:c1`, "p", "");
  await stage.eventually(() => expect(w0.worker.pending).toBe(2));
  caption.release(lost);
  await stage.rest();
  expect(w0.all("conversation-loaded")).toHaveLength(2);
  expect(stage.chat.shown).toEqual({ s1: ["file f", "cap"] });
});

test("a session that ends between two posts: the next session gets the rest of the message", async () => {
  await stage.hire("w0");
  const caption = held();
  stage.chat.script.next("send", caption.fate, "cap");
  await stage.give("c1", captioned);
  await caption.arrived;
  stage.chat.end("s1");
  caption.release();
  await stage.rest();
  expect(stage.chat.shown).toEqual({ s1: ["file f"], s2: ["cap"] });
});

test("a worker that dies when a session ended between two posts: the next owner shows the rest alone", async () => {
  const w0 = await stage.hire("w0");
  const caption = held();
  stage.chat.script.next("send", caption.fate, "cap");
  await stage.give("c1", captioned);
  await caption.arrived;
  const again = held();
  stage.chat.script.next("send", again.fate, "cap");
  stage.chat.end("s1");
  caption.release();
  await again.arrived;
  await stage.hire("w1");
  await stage.failOver(w0);
  await stage.rest();
  expect(stage.chat.shown).toEqual({ s1: ["file f"], s2: ["cap"] });
});

test("an entry that is read twice is counted once", async () => {
  const w0 = await stage.hire("w0", {
    inbox: (real) => ({
      read: async (...call) => {
        const entries = await real.read(...call);
        return entries.flatMap((entry) => [entry, entry]);
      },
    }),
  });
  const post = held();
  stage.chat.script.next("send", post.fate, "m1");
  await stage.give("c1", "m1", "m2");
  await post.arrived;
  post.release();
  await stage.shows({ s1: ["m1", "m2"] });
  await stage.eventually(async () => expect(await stage.entries()).toEqual([]));
  expect(w0.worker.pending).toBe(0);
});

test.for(["x", "m 1 life", "q 1 life grant whatsapp:c1"])(
  "a row of unknown form, %j, becomes a dead letter, and nothing waits behind it",
  async (header) => {
    const w0 = await stage.hire("w0");
    await stage.give("c1", "m1");
    await stage.rest();
    const reads = w0.all("inbox-read").length;
    await stage.redis.xadd(`dms:{stage:0}:inbox:${w0.member}`, "*", "h", header, "p", "");
    await stage.eventually(async () => expect(await stage.deadLetters()).toEqual(["unreadable 0"]));
    await stage.rest();
    expect(w0.all("inbox-read").length).toBeLessThan(reads + 5);
  },
);
