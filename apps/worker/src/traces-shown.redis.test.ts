import type * as Rules from "@dms/rules";
import { DmsError } from "@dms/runtime";
import { afterEach, expect, test, vi } from "vitest";
import type * as Sessions from "./session.ts";
import { answerLost, held, late, givenUpByGateway, lost } from "./testing/call-script.ts";
import { captioned } from "./testing/cast.ts";
import { useStage } from "./testing/stage.ts";
import { restore } from "./testing/switchable.ts";

// Traces about what the transcript shows: each runs again with its rule taken out, and then shows what the rule prevents.

const broken = vi.hoisted(() => ({
  rules: {} as Partial<typeof Rules>,
  session: {} as Partial<typeof Sessions>,
}));
vi.mock("@dms/rules", async (load) => {
  const { switchable } = await import("./testing/switchable.ts");
  return switchable(await load<typeof Rules>(), broken.rules);
});
vi.mock("./session.ts", async (load) => {
  const { switchable } = await import("./testing/switchable.ts");
  return switchable(await load<typeof Sessions>(), broken.session);
});
afterEach(() => restore(broken.rules, broken.session));

const stage = useStage();
type Shown = Record<string, string[]>;

const never = <T>(): Promise<T> => new Promise(() => undefined);

async function unknownPost(): Promise<Shown> {
  await stage.hire("w0");
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.rest();
  stage.chat.script.next("send", lost, "m2");
  await stage.give("c1", "m2");
  await stage.rest();
  return stage.chat.shown;
}

test("D2: a post that was lost on its way is not taken for shown, for what was settled is counted", async () => {
  expect(await unknownPost()).toEqual({ s1: ["m1", "m2"] });
});

test("D2 without counting what was settled: the message is never shown", async () => {
  broken.rules.extraPosts = (own) => own;
  expect(await unknownPost()).toEqual({ s1: ["m1"] });
});

async function diedBetweenAdvanceAndSettle(readFrom: (stored: number) => number): Promise<Shown> {
  const w0 = await stage.hire("w0", { partitions: () => ({ settle: () => never() }) });
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  stage.chat.say("s1", "r1");
  await stage.eventually(async () => expect(await stage.record("c1")).toMatchObject({ answered: "1" }));
  const position = readFrom(stage.chat.room("s1").events.length + 1);
  await stage.hire("w1", {
    chat: (real) => ({ refresh: (handle, from, signal) => real.refresh(handle, Math.max(from, position), signal) }),
  });
  await stage.failOver(w0);
  await stage.rest();
  return stage.chat.shown;
}

test("D2b: a post that a poll has seen and no settle has counted is not made again", async () => {
  expect(await diedBetweenAdvanceAndSettle(() => 1)).toEqual({ s1: ["m1"] });
  expect(stage.hub.sent).toEqual(["r1"]);
});

test("D2b with counting from a stored position: the message is shown twice", async () => {
  expect(await diedBetweenAdvanceAndSettle((stored) => stored)).toEqual({ s1: ["m1", "m1"] });
});

async function lostTail(): Promise<Shown> {
  const settling = Promise.withResolvers<void>();
  const w0 = await stage.hire("w0", {
    partitions: (real) => ({
      settle: async (...call) => {
        await settling.promise;
        return real.settle(...call);
      },
    }),
  });
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  const durable = await stage.snapshot();
  settling.resolve();
  await stage.rest();
  await stage.rollBack(durable);
  await stage.cut(w0);
  await w0.saw("conversation-loaded", 2);
  await stage.rest();
  return stage.chat.shown;
}

test("D3: a worker that outlives a lost tail reads the transcript before it posts", async () => {
  expect(await lostTail()).toEqual({ s1: ["m1"] });
});

test("D3 without reconciling after a load: the message is shown twice", async () => {
  const { newSession } = await vi.importActual<typeof Sessions>("./session.ts");
  broken.session.newSession = (handle, counts) => ({ ...newSession(handle, counts), isReconciled: true });
  expect(await lostTail()).toEqual({ s1: ["m1", "m1"] });
});

async function diedBetweenTwoPosts(nextVersion: typeof broken.rules = {}): Promise<Shown> {
  const w0 = await stage.hire("w0");
  const caption = held();
  stage.chat.script.next("send", caption.fate, "cap");
  await stage.give("c1", captioned);
  await caption.arrived;
  Object.assign(broken.rules, nextVersion);
  await stage.hire("w1");
  await stage.failOver(w0);
  await stage.rest();
  return stage.chat.shown;
}

test("S16: posts are counted, not messages: of a file whose caption was not shown the caption alone follows", async () => {
  expect(await diedBetweenTwoPosts()).toEqual({ s1: ["file f", "cap"] });
});

test("S16 with another version that splits differently: the caption is never shown", async () => {
  const merged = { kind: "text", text: "f: cap", messageType: "text" } as const;
  const render = () => ({ kind: "posts" as const, posts: [merged] });
  expect(await diedBetweenTwoPosts({ render })).toEqual({ s1: ["file f"] });
});

test("a worker killed in the middle of a post that was executed: the next owner does not make it again", async () => {
  const w0 = await stage.hire("w0");
  const post = held();
  stage.chat.script.next("send", post.fate, "m1");
  await stage.give("c1", "m1", "m2");
  await post.arrived;
  const w1 = await stage.hire("w1");
  w0.kill();
  post.release();
  await stage.failOver(w0);
  await stage.shows({ s1: ["m1", "m2"] });
  await stage.rest();
  expect(w1.all("duplicate-suppressed")).toHaveLength(1);
});

async function executedAfterTheSendersDeath(holdMs: number): Promise<Shown> {
  const w0 = await stage.hire("w0");
  const post = held();
  stage.chat.script.next("send", post.fate, "m1");
  await stage.give("c1", "m1");
  await post.arrived;
  const w1 = await stage.hire("w1");
  const loaded = w1.saw("conversation-loaded").then(() => (holdMs > 0 ? post.release() : undefined));
  await stage.failOver(w0, holdMs);
  await loaded;
  await stage.rest();
  post.release();
  await stage.eventually(() => expect(stage.chat.shown["s1"]?.length).toBeGreaterThan(0));
  return stage.chat.shown;
}

test("a post that is executed after its sender's death is seen, for the next owner waits before it reconciles", async () => {
  expect(await executedAfterTheSendersDeath(300)).toEqual({ s1: ["m1"] });
});

test("a wait that Redis's clock has made an hour longer by stepping back is one like any other", async () => {
  const w0 = await stage.hire("w0");
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.rest();
  await stage.hire("w1");
  await stage.failOver(w0, 3_600_000);
  await stage.give("c1", "m2");
  await stage.shows({ s1: ["m1", "m2"] });
});

test("a post that is executed later than the next owner waits is shown twice: what the documents say remains", async () => {
  expect(await executedAfterTheSendersDeath(0)).toEqual({ s1: ["m1", "m1"] });
});

async function executedAfterItsFailure({ post, afterMs }: { post: ReturnType<typeof late>; afterMs: number }) {
  const w0 = await stage.hire("w0");
  stage.chat.script.next("send", post.fate, "m1");
  const executed = Promise.withResolvers<void>();
  const execute = () => executed.resolve(post.execute());
  void w0.saw("post-failed").then(() => setTimeout(execute, afterMs));
  await stage.give("c1", "m1");
  await executed.promise;
  await stage.rest();
  return stage.chat.shown;
}

const afterItsTimeOut = () => executedAfterItsFailure({ post: late(), afterMs: 10 });

test("a post that is executed after its time-out is not made again, for its worker waits before it looks", async () => {
  expect(await afterItsTimeOut()).toEqual({ s1: ["m1"] });
});

test("an unknown post looked at without waiting is shown twice", async () => {
  broken.rules.mayBeExecutedUntil = () => 0;
  await afterItsTimeOut();
  await stage.shows({ s1: ["m1", "m1"] });
});

test("a post that a gateway gave up, and the server behind it executes within the time for an answer, is not made again", async () => {
  const shown = await executedAfterItsFailure({ post: late(givenUpByGateway), afterMs: 500 });
  expect(shown).toEqual({ s1: ["m1"] });
});

test("D6: a conversation whose new grant is not durable yet is not acted on, and its former owner shows the rest", async () => {
  expect(await lostHandOff({ isBarrierKept: true })).toEqual({ s1: ["m1", "m2"] });
});

test("D6 with a grant that is acted on before it is durable: two owners show the same message", async () => {
  expect(await lostHandOff({ isBarrierKept: false })).toEqual({ s1: ["m1", "m2", "m2"] });
});

async function lostHandOff({ isBarrierKept }: { isBarrierKept: boolean }): Promise<Shown> {
  const w0 = await stage.hire("w0");
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.rest();
  const tail = Promise.withResolvers<void>();
  let isDurable = !isBarrierKept;
  const w1 = await stage.hire("w1", {
    partitions: (real) => ({
      load: async (...call) => {
        if (isDurable) return real.load(...call);
        throw new DmsError("DMS_REDIS_NOT_DURABLE", "too few copies", { retryable: true });
      },
    }),
    chat: (real) => ({
      send: async (...call) => {
        await tail.promise;
        return real.send(...call);
      },
    }),
  });
  const durable = await stage.snapshot();
  await stage.shed(w0, 1);
  await w0.saw("conversation-moved");
  await stage.give("c1", "m2");
  await (isBarrierKept ? w1.saw("redis-failed") : w1.saw("conversation-reconciled"));
  await stage.rollBack(durable);
  await stage.cut(w0);
  stage.giveAgainFrom(2);
  await stage.give("c1", "m2");
  await stage.shows({ s1: ["m1", "m2"] });
  isDurable = true;
  tail.resolve();
  await w1.saw("conversation-refused");
  await stage.rest();
  return stage.chat.shown;
}

test("a post whose answer was lost is found in the transcript and not made again", async () => {
  const w0 = await stage.hire("w0");
  stage.chat.script.next("send", answerLost, "m1");
  await stage.give("c1", "m1", "m2");
  await stage.shows({ s1: ["m1", "m2"] });
  await stage.rest();
  expect(w0.all("duplicate-suppressed")).toHaveLength(1);
});
