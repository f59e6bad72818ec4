import { partitionOf } from "@dms/protocol";
import { type ClusterEvent, succeeded } from "@dms/rules";
import { DmsError } from "@dms/runtime";
import { afterEach, expect, test, vi } from "vitest";
import { handClock } from "../../../libs/runtime/src/testing/hand-clock.ts";
import { splitBatch } from "./batch.ts";
import { Fetcher } from "./fetcher.ts";
import { ScriptedLog } from "./testing/scripted-log.ts";
import { TakingPartitions } from "./testing/taking-partitions.ts";

const partitionCount = 4;
const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

const rest = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(() => resolve())));

function fetching(log: ScriptedLog, partitions: TakingPartitions, admission = async (): Promise<void> => undefined) {
  const clock = handClock();
  const events: ClusterEvent[] = [];
  const stop = new AbortController();
  stops.push(stop);
  const fetcher = new Fetcher({
    channel: "w",
    hub: log.hub,
    partitions: partitions.port,
    partitionCount,
    fetchLimit: 2,
    fetchWaitMs: 1000,
    retry: { baseMs: 10, maxMs: 100 },
    clock,
    random: { token: () => "", fraction: () => 0 },
    emit: (event) => events.push(event),
    admission,
  });
  const done = fetcher.run(stop.signal);
  const saw = (type: ClusterEvent["type"]) => events.filter((event) => event.type === type);
  return { clock, stop, done, saw };
}

const eventually = (expectation: () => void): Promise<void> => vi.waitFor(expectation, { interval: 1 });

test("takes the log in batches, each partition told of each, and confirms what all have taken", async () => {
  const log = new ScriptedLog();
  const partitions = new TakingPartitions(partitionCount);
  log.write("a 1", "b 2", "c 3", "a 4", "b 5");
  fetching(log, partitions);
  await eventually(() => expect(log.confirmed).toBe(5));
  expect(partitions.sequences).toEqual([1, 2, 3, 4, 5]);
  expect(partitions.taken).toEqual([5, 5, 5, 5]);
  const places = partitions.batches.filter(({ partition }) => partition === 0).map(({ batch }) => batch);
  expect(places.map(({ after, upTo, isRestart }) => [after, upTo, isRestart])).toEqual([
    [0, 2, true],
    [2, 4, false],
    [4, 5, false],
  ]);
});

test("S4: a log with gaps in its numbers is taken from what is confirmed, never from before its first number", async () => {
  const log = new ScriptedLog();
  const partitions = new TakingPartitions(partitionCount);
  log.write("a 1", "a 2", "a 3", "a 4");
  log.messages.splice(0, 3);
  log.confirmed = 1;
  partitions.taken.fill(1);
  const { saw } = fetching(log, partitions);
  await eventually(() => expect(log.confirmed).toBe(4));
  expect(partitions.batches[0]?.batch).toMatchObject({ after: 1, upTo: 4 });
  expect([saw("fetch-behind"), saw("fetch-gap")]).toEqual([[], []]);
});

test("the next fetch is under way while a batch is stored, and nothing is confirmed before it is", async () => {
  const log = new ScriptedLog();
  const partitions = new TakingPartitions(partitionCount);
  const storing = Promise.withResolvers<void>();
  partitions.before = () => storing.promise;
  log.write("a 1", "a 2", "a 3");
  fetching(log, partitions);
  await eventually(() => expect(log.history).toEqual(["confirm 0", "fetch oldest", "fetch 2"]));
  await rest();
  expect([log.confirmed, partitions.batches.length]).toEqual([0, partitionCount]);
  storing.resolve();
  await eventually(() => expect(log.confirmed).toBe(3));
});

test("D1: a fetcher that was overtaken and comes late stores nothing twice and takes no position back", async () => {
  const log = new ScriptedLog();
  const partitions = new TakingPartitions(partitionCount);
  log.write("a 1");
  const late = Promise.withResolvers<void>();
  partitions.before = () => late.promise;
  const slow = fetching(log, partitions);
  await eventually(() => expect(partitions.batches).toHaveLength(partitionCount));
  partitions.before = async () => undefined;
  log.write("a 2");
  fetching(log, partitions);
  await eventually(() => expect(log.confirmed).toBe(2));
  late.resolve();
  await eventually(() => expect(slow.saw("batch-accepted").length).toBeGreaterThan(0));
  await rest();
  expect([partitions.sequences, partitions.taken, log.confirmed]).toEqual([[1, 2], [2, 2, 2, 2], 2]);
});

test("a partition that is behind makes the fetcher begin again without cursor, and nothing is lost or doubled", async () => {
  const log = new ScriptedLog();
  const partitions = new TakingPartitions(partitionCount);
  log.write("a 1", "b 2");
  const { saw } = fetching(log, partitions);
  await eventually(() => expect(log.history.slice(-2)).toEqual(["fetch 2", "confirm 2"]));
  // The hub was told of 1 alone when the partitions lost their tail.
  log.confirmed = 1;
  partitions.taken.fill(1);
  partitions.stored.splice(0, Infinity, { partition: 0, sequence: 1 });
  log.write("c 3");
  (await log.arrived("fetch")).answer();
  await eventually(() => expect(log.confirmed).toBe(3));
  expect(saw("fetch-behind")).toHaveLength(1);
  expect(partitions.sequences).toEqual([1, 2, 3]);
});

test("a confirmation that failed does not follow when Redis has lost its messages: the hub gives them again", async () => {
  const log = new ScriptedLog();
  const partitions = new TakingPartitions(partitionCount);
  log.write("a 1", "b 2");
  let isRefusing = true;
  const confirm = log.hub.confirm.bind(log.hub);
  log.hub.confirm = (upTo, signal) =>
    isRefusing && upTo > 0
      ? Promise.resolve({ ok: false, failure: { verdict: "retry", executed: "no", code: "http-503", detail: "" } })
      : confirm(upTo, signal);
  const { clock, saw } = fetching(log, partitions);
  await eventually(() => expect(saw("fetch-failed")).toHaveLength(1));
  partitions.taken.fill(0);
  partitions.stored.splice(0);
  log.write("c 3");
  isRefusing = false;
  // The hub is asked how far it is confirmed, but its answer takes until the failed confirmation would be tried again.
  log.isPrompt = false;
  (await log.arrived("fetch")).answer();
  const asked = await log.arrived("confirm");
  clock.advance(10_000);
  log.finish();
  asked.answer();
  await eventually(() => expect(log.confirmed).toBe(3));
  expect(partitions.sequences).toEqual([1, 2, 3]);
});

test("a hub that does not hold its answers is asked ten times a second, and its messages do not wait", async () => {
  const log = new ScriptedLog();
  const partitions = new TakingPartitions(partitionCount);
  let fetches = 0;
  log.hub.fetch = async ({ after }) => {
    if (++fetches > 50) await new Promise(() => undefined);
    return succeeded(log.messages.filter(({ sequence }) => sequence > (after ?? log.confirmed)));
  };
  const { clock } = fetching(log, partitions);
  await eventually(() => expect(clock.pending()).toBe(1));
  clock.advance(99);
  await rest();
  expect(fetches).toBe(1);
  log.write("a 1", "b 2");
  clock.advance(1);
  await eventually(() => expect(log.confirmed).toBe(2));
  expect([fetches, clock.pending()]).toEqual([3, 1]);
});

test("an accept that is not answered is tried again, and then everything is there once", async () => {
  const log = new ScriptedLog();
  const partitions = new TakingPartitions(partitionCount);
  let isDown = true;
  partitions.before = async (partition) => {
    if (isDown && partition === 1) throw new DmsError("DMS_REDIS_NOT_DURABLE", "too few", { retryable: true });
  };
  log.write("a 1", "b 2", "c 3");
  const { clock, saw } = fetching(log, partitions);
  await eventually(() => expect(saw("fetch-failed")).toHaveLength(1));
  expect(log.confirmed).toBe(0);
  isDown = false;
  clock.advance(100);
  await eventually(() => expect(log.confirmed).toBe(3));
  expect(partitions.sequences).toEqual([1, 2, 3]);
});

test("a message that does not parse keeps its place in the log and goes to its partition with what was given", async () => {
  const log = new ScriptedLog();
  const partitions = new TakingPartitions(partitionCount);
  log.write("a 1");
  log.writeMalformed('{"sequence":2}');
  log.write("a 3");
  log.writeMalformed('{"sequence":4}', "a");
  const { saw } = fetching(log, partitions);
  await eventually(() => expect(log.confirmed).toBe(4));
  expect(saw("message-malformed")).toMatchObject([{ sequence: 2, fault: "no type" }, { sequence: 4 }]);
  const given = partitions.batches.flatMap(({ batch }) => batch.messages).filter(({ sequence }) => sequence % 2 === 0);
  expect(given.toSorted((a, b) => a.sequence - b.sequence)).toEqual([
    { sequence: 2, conversation: null, payload: '{"sequence":2}' },
    { sequence: 4, conversation: null, named: "w:a", payload: '{"sequence":4}' },
  ]);
});

test("a stop gives up the fetch under way, stores no more, and waits for the confirmation in hand", async () => {
  const log = new ScriptedLog();
  const partitions = new TakingPartitions(partitionCount);
  log.write("a 1");
  const { stop, done } = fetching(log, partitions);
  await eventually(() => expect(log.history.slice(-2)).toEqual(["fetch 1", "confirm 1"]));
  log.isPrompt = false;
  const fetch = await log.arrived("fetch");
  stop.abort();
  log.write("a 2");
  fetch.answer();
  await done;
  expect([partitions.sequences, log.confirmed]).toEqual([[1], 1]);
});

test("a failing hub is asked again after a pause, without end", async () => {
  const log = new ScriptedLog();
  log.isPrompt = false;
  const { clock, saw } = fetching(log, new TakingPartitions(partitionCount));
  for (let failures = 1; failures <= 5; failures++) {
    (await log.arrived("confirm")).fail();
    await eventually(() => expect(saw("fetch-failed")).toHaveLength(failures));
    clock.advance(100);
  }
});

test("a backlog that is too large holds the next fetch back, not the batch in hand", async () => {
  const log = new ScriptedLog();
  const partitions = new TakingPartitions(partitionCount);
  const allowed = [Promise.resolve(), Promise.withResolvers<void>().promise];
  log.write("a 1", "a 2", "a 3");
  fetching(log, partitions, () => allowed.shift() ?? Promise.resolve());
  await eventually(() => expect(log.confirmed).toBe(2));
  await rest();
  expect(partitions.sequences).toEqual([1, 2]);
});

test("splitBatch: every partition gets a share, a conversation always the same one, and an empty batch moves nothing", () => {
  const log = new ScriptedLog();
  log.write("a 1", "b 2", "a 3");
  const shares = splitBatch(log.messages, { channel: "w", after: 0, isRestart: false }, partitionCount);
  expect(shares.map(({ after, upTo }) => [after, upTo])).toEqual(Array.from({ length: partitionCount }, () => [0, 3]));
  const place = partitionOf("w:a" as never, partitionCount);
  expect(shares[place]?.messages.filter(({ conversation }) => conversation === "w:a")).toHaveLength(2);
  const empty = splitBatch([], { channel: "w", after: 7, isRestart: true }, 2);
  expect(empty).toEqual([0, 1].map(() => ({ channel: "w", after: 7, upTo: 7, isRestart: true, messages: [] })));
});

test("a batch whose answer is too large is asked for in halves, down to one message, and then in full again", async () => {
  const log = new ScriptedLog();
  const partitions = new TakingPartitions(partitionCount);
  log.write("a 1", "b 2", "c 3", "a 4");
  const limits: number[] = [];
  const fetch = log.hub.fetch.bind(log.hub);
  // The first message alone fills an answer.
  log.hub.fetch = (query, signal) => {
    limits.push(query.limit);
    const isTooLarge = (query.after ?? 0) === 0 && query.limit > 1;
    const failure = { verdict: "retry", executed: "unknown", code: "oversize", detail: "too large" } as const;
    return isTooLarge ? Promise.resolve({ ok: false, failure }) : fetch(query, signal);
  };
  const { clock } = fetching(log, partitions);
  await eventually(() => expect(limits).toHaveLength(1));
  clock.advance(100);
  await eventually(() => expect(log.confirmed).toBe(4));
  expect(partitions.sequences).toEqual([1, 2, 3, 4]);
  expect(limits.slice(0, 3)).toEqual([2, 1, 2]);
});
