import { preferredHolder } from "@dms/rules";
import { expect, test, vi } from "vitest";
import type { Dispatcher } from "./dispatcher.ts";
import { ScriptedLog } from "./testing/scripted-log.ts";
import { channel, otherChannel, useStage } from "./testing/stage.ts";

// The review's traces that a dispatcher takes part in; each runs again with its rule taken out.

const stage = useStage();
const eventually = <T>(expectation: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(expectation, { timeout: 10_000, interval: 10 });
const taken = "dms:{stage:0}:taken:whatsapp";

/** What is stored when one fetcher overtakes another, whose batch arrives late. */
async function overtaken(isPositionKept: boolean): Promise<string[]> {
  const late = Promise.withResolvers<void>();
  let isLate = true;
  stage.log.write("c1 m1");
  stage.fetcher({
    partitions: (real) => ({
      accept: async (partition, batch) => {
        if (isLate) await late.promise;
        isLate = false;
        const reply = await real.accept(partition, batch);
        if (!isPositionKept && batch.upTo === 1) await stage.redis.set(taken, batch.upTo);
        return reply;
      },
    }),
  });
  await eventually(() => expect(stage.log.history).toContain("fetch 1"));
  stage.log.write("c1 m2");
  stage.log.isPrompt = false;
  stage.fetcher();
  (await stage.log.arrived("confirm")).answer();
  const restart = await eventually(() => {
    const call = stage.log.calls.find(({ at }) => at === null);
    expect(call).toBeDefined();
    return call;
  });
  restart?.answer();
  await eventually(async () => expect(await stage.inbox("unplaced")).toEqual(["m1", "m2"]));
  late.resolve();
  await eventually(() => expect(stage.saw("batch-accepted")).toHaveLength(2));
  // The one that was late goes on after its own batch.
  stage.log.calls.find(({ operation, at }) => operation === "fetch" && at === 1)?.answer();
  await eventually(() => expect(stage.saw("batch-accepted")).toHaveLength(3));
  return stage.inbox("unplaced");
}

test("D1: a fetcher that comes late takes no position back, and nothing is stored twice", async () => {
  expect(await overtaken(true)).toEqual(["m1", "m2"]);
});

test("D1 with a position that can be taken back: a message is stored twice", async () => {
  expect(await overtaken(false)).toEqual(["m1", "m2", "m2"]);
});

test("S4: where the log begins after a gap, the first batch follows on what the hub has confirmed", async () => {
  stage.log.write("c1 m1", "c1 m2", "c1 m3");
  stage.log.messages.splice(0, 2);
  stage.log.confirmed = 1;
  await stage.redis.set(taken, 1);
  await stage.dispatcher("d0");
  await eventually(async () => expect(await stage.inbox("unplaced")).toEqual(["m3"]));
  await eventually(() => expect(stage.log.confirmed).toBe(3));
});

/** Who has the conversation after another process joined under the owner's name. */
async function sameNameTwice(isLeaseKept: boolean): Promise<string | null> {
  const w0 = await stage.join("w0.first");
  await stage.dispatcher("d0");
  await eventually(() => expect(stage.saw("member-admitted")).toHaveLength(1));
  stage.log.write("c1 m1");
  (await stage.log.arrived("fetch")).answer();
  await eventually(async () => expect(await stage.owner("c1")).toBe(w0));
  const { registry } = stage.stores;
  await stage.join("w0.second", 60_000, {
    ...registry,
    join: async (card) => {
      if (!isLeaseKept) await registry.leave(w0, "dead", "same-name");
      return registry.join(card);
    },
  });
  await eventually(() => expect(stage.saw("member-admitted").map(({ member }) => member)).toContain("w0.second"));
  // A look of the leader that came after it.
  const looks = stage.saw("partition-seen").length;
  await eventually(() => expect(stage.saw("partition-seen").length).toBeGreaterThan(looks + 2));
  return stage.owner("c1");
}

test("D9: another process under the same name proves nothing, and the owner keeps what it has", async () => {
  expect(await sameNameTwice(true)).toBe("w0.first");
  expect(stage.saw("member-evicted")).toEqual([]);
});

test("D9 with a name as proof of death: the conversation moves while its owner may still act", async () => {
  expect(await sameNameTwice(false)).toBe("w0.second");
});

test("a worker whose lease ended is evicted, and all it had moves with a takeover in front", async () => {
  await stage.join("w0.a");
  await stage.dispatcher("d0");
  await eventually(() => expect(stage.saw("member-admitted")).toHaveLength(1));
  stage.log.write("c1 m1", "c1 m2", "c2 n1");
  (await stage.log.arrived("fetch")).answer();
  await eventually(async () => expect(await stage.inbox("w0.a")).toEqual(["m1", "m2", "n1"]));
  await stage.join("w1.b");
  await stage.stores.registry.leave("w0.a" as never, "dead", "proved");
  await eventually(async () => expect(await stage.inbox("w1.b")).toHaveLength(5));
  expect((await stage.inbox("w1.b")).toSorted()).toEqual(["m1", "m2", "n1", "takeover", "takeover"]);
  expect((await stage.inbox("w1.b")).slice(0, 2)).toEqual(["takeover", "takeover"]);
  expect(stage.saw("member-evicted")).toMatchObject([{ member: "w0.a", cause: "proved" }]);
});

test("messages that find no worker wait, and move to the first one that comes (S19)", async () => {
  await stage.dispatcher("d0");
  stage.log.write("c1 m1", "c2 n1");
  await eventually(async () => expect(await stage.inbox("unplaced")).toEqual(["m1", "n1"]));
  await stage.join("w0.a");
  await eventually(async () =>
    expect((await stage.inbox("w0.a")).filter((each) => each !== "takeover")).toHaveLength(2),
  );
  expect(await stage.inbox("unplaced")).toEqual([]);
});

test("two dispatchers share the work, and a drained one leaves all of it to the other at once", async () => {
  const dispatchers = [await stage.dispatcher("d0"), await stage.dispatcher("d1")];
  await eventually(() => expect(new Set(dispatchers.map(({ leading }) => leading))).toEqual(new Set([0, 1])));
  await eventually(() => expect(new Set(dispatchers.map((each) => each.channelsFetched))).toEqual(new Set([0, 1])));
  const leader = dispatchers.find(({ leading }) => leading === 1);
  const other = dispatchers.find((each) => each !== leader);
  await leader?.drain(0);
  await eventually(() => expect([other?.leading, other?.channelsFetched]).toEqual([1, 1]));
  stage.log.write("c1 m1");
  for (const call of stage.log.calls.filter(({ operation }) => operation === "fetch")) call.answer();
  await eventually(async () => expect(await stage.inbox("unplaced")).toEqual(["m1"]));
});

/**
 * A channel's dispatcher once it has looked twice at another, that has another channel and that the hash prefers for this
 * one; and that other.
 */
async function besideAnother(doesOtherSay: boolean): Promise<{ own: Dispatcher; other: Dispatcher }> {
  let looks = 0;
  const own = await stage.dispatcher("d0", {
    registry: (real) => ({
      survey: async () => {
        const survey = await real.survey();
        if (survey.members.length === 2) looks++;
        return survey;
      },
    }),
  });
  await eventually(() => expect(own.channelsFetched).toBe(1));
  const members = (second: string): string[] => [own.member ?? "", second];
  const other = await stage.dispatcher("d1", {
    hubs: new Map([[otherChannel, new ScriptedLog().hub]]),
    registry: (real) => ({
      // A member that is refused joins again under another name.
      join: async ({ channels, ...card }) => {
        const { member } = card;
        if (preferredHolder(`channel ${channel}`, members(member)) !== member) return { status: "evicted" };
        return real.join(doesOtherSay && channels !== undefined ? { ...card, channels } : card);
      },
    }),
  });
  await eventually(() => expect(looks).toBeGreaterThan(2));
  return { own, other };
}

test("a channel is fetched by who has it, and a dispatcher that has others is not waited for", async () => {
  const { own, other } = await besideAnother(true);
  expect(own.channelsFetched).toBe(1);
  await eventually(() => expect(other.channelsFetched).toBe(1));
  stage.log.write("c1 m1");
  stage.log.calls.find(({ operation }) => operation === "fetch")?.answer();
  await eventually(async () => expect(await stage.inbox("unplaced")).toEqual(["m1"]));
});

test("a dispatcher whose card names no channels, as a former version's, counts as having them all", async () => {
  const { own } = await besideAnother(false);
  expect(own.channelsFetched).toBe(0);
});
