import { spawn } from "node:child_process";
import { getEventListeners, once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Clock, ClusterEvent, JobCard, JobFacts, JobHandler } from "@dms/rules";
import { DmsError, systemClock } from "@dms/runtime";
import { type RedisServer, startRedis } from "@dms/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { addJob, type OpenedJobs, openJobsOn, quickBounds } from "./testing/job-parts.ts";

let redis: RedisServer;
const opened: OpenedJobs[] = [];

beforeAll(async () => void (redis = await startRedis()));
afterAll(() => redis.close());
beforeEach(() => look().flushall());
afterEach(async () => void (await Promise.all(opened.splice(0).map(({ service }) => service.close()))));

let client: ReturnType<RedisServer["client"]> | undefined;
const look = () => (client ??= redis.client());

function open(handlers: Record<string, JobHandler>, changes: Parameters<typeof openJobsOn>[2] = {}): OpenedJobs {
  const jobs = openJobsOn(redis, handlers, changes);
  opened.push(jobs);
  return jobs;
}

const eventually = <T>(expectation: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(expectation, { timeout: 15_000, interval: 20 });

/** Adds a job as soon as the queue is open. */
const add = ({ service }: OpenedJobs, name: string, asked: JobFacts = {}): Promise<string> =>
  eventually(() => service.add(name, asked));

async function ended({ service }: OpenedJobs, id: string): Promise<JobCard> {
  return eventually(async () => {
    const card = await service.find(id);
    if (card === null || card.endedAt === null) throw new Error(`job ${id} is ${card?.state}`);
    return card;
  });
}

const of = <T extends ClusterEvent["type"]>({ events }: OpenedJobs, type: T) =>
  events.filter((event): event is Extract<ClusterEvent, { type: T }> => event.type === type);

test("a job is done once, by one of two processes, and its card says what came of it", async () => {
  let runs = 0;
  const handlers = { sum: async ({ asked }: { asked: JobFacts }) => ({ sum: Number(asked["a"]) + 1, runs: ++runs }) };
  const [one, two] = [open(handlers), open(handlers)];
  const id = await add(one, "sum", { a: 1 });
  const card = await ended(two, id);
  expect(card).toMatchObject({
    name: "sum",
    state: "completed",
    asked: { a: 1 },
    result: { sum: 2, runs: 1 },
    fault: "",
  });
  await eventually(() =>
    expect([...of(one, "job-ended"), ...of(two, "job-ended")]).toMatchObject([{ outcome: "completed" }]),
  );
});

test("all keys lie in the registry's slot, below jobs, and end with what is kept", async () => {
  const jobs = open({ note: async () => ({}) }, { bounds: { keptCount: 2 } });
  let last = "";
  for (let i = 0; i < 6; i++) last = await add(jobs, "note");
  await ended(jobs, last);
  const keys = await look().keys("*");
  expect(keys.filter((key) => !key.startsWith("dms:{test}:jobs:letters:"))).toEqual([]);
  expect(await look().zcard("dms:{test}:jobs:letters:completed")).toBe(2);
  expect(keys.filter((key) => /:letters:\d+$/.test(key))).toHaveLength(2);
});

test("only one job runs at a time, in all processes together", async () => {
  let running = 0;
  let most = 0;
  const handler: JobHandler = async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 30));
    running--;
    return {};
  };
  const [one, two] = [open({ slow: handler }), open({ slow: handler })];
  const ids = [await add(one, "slow"), await add(two, "slow"), await add(one, "slow"), await add(two, "slow")];
  for (const id of ids) await ended(one, id);
  expect(most).toBe(1);
});

test("what may pass is tried again with what was saved, anything else fails at once", async () => {
  const saved: unknown[] = [];
  const jobs = open({
    flaky: async (job) => {
      saved.push(job.saved);
      await job.save({ upTo: saved.length });
      if (saved.length < 3) throw new DmsError("DMS_REDIS_UNAVAILABLE", "not now", { retryable: true });
      return { upTo: saved.length };
    },
    broken: async () => {
      throw new TypeError("no such thing");
    },
  });
  expect(await ended(jobs, await add(jobs, "flaky"))).toMatchObject({
    state: "completed",
    result: { upTo: 3 },
    runs: 3,
  });
  expect(saved).toEqual([null, { upTo: 1 }, { upTo: 2 }]);
  const failed = await ended(jobs, await add(jobs, "broken"));
  expect(failed).toMatchObject({ state: "failed", fault: "no such thing", runs: 1 });
  await eventually(() =>
    expect(of(jobs, "job-ended").map(({ outcome }) => outcome)).toEqual(["again", "again", "completed", "failed"]),
  );
});

test("a job that always may pass fails after as many runs as it has, and one that nobody knows at once", async () => {
  const jobs = open({
    never: async () => {
      throw new DmsError("DMS_REDIS_UNAVAILABLE", "not now", { retryable: true });
    },
  });
  expect(await ended(jobs, await add(jobs, "never"))).toMatchObject({ state: "failed", runs: 3 });
  expect(await ended(jobs, await add(jobs, "unheard"))).toMatchObject({ state: "failed", runs: 1 });
});

test("kill -9 of the process that has the job: another one does it again, from what was saved", async () => {
  const script = fileURLToPath(new URL("testing/doomed-process.ts", import.meta.url));
  const doomed = spawn(process.execPath, [script, JSON.stringify(redis.settings)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const id = await addJob(redis, "count");
  await once(doomed.stdout, "data");
  doomed.kill("SIGKILL");
  await once(doomed, "exit");
  const saved: unknown[] = [];
  const heir = open({
    count: async (job) => {
      saved.push(job.saved);
      return { upTo: 3 };
    },
  });
  expect(await ended(heir, id)).toMatchObject({ state: "completed", result: { upTo: 3 }, runs: 2 });
  expect(saved).toEqual([{ upTo: 2 }]);
  expect(of(heir, "job-stalled")).toMatchObject([{ id }]);
});

test("a drain leaves the job to another process at its next safe place, at the cost of no run", async () => {
  const begun = Promise.withResolvers<void>();
  const stopping = open({
    walk: async (job) => {
      await job.save({ upTo: 7 });
      begun.resolve();
      await once(job.signal, "abort");
      job.signal.throwIfAborted();
      return {};
    },
  });
  const id = await add(stopping, "walk");
  await begun.promise;
  await stopping.service.drain(performance.now() + 10_000);
  expect(of(stopping, "job-ended")).toMatchObject([{ id, outcome: "left" }]);
  const next = open({ walk: async (job) => ({ from: job.saved?.["upTo"] }) });
  expect(await ended(next, id)).toMatchObject({ state: "completed", result: { from: 7 } });
});

test("a job that comes by itself comes again and again, and no more once nobody wants it", async () => {
  let runs = 0;
  const tidy: JobHandler = async () => ({ runs: ++runs });
  const jobs = open({ tidy }, { schedules: { tidy: { everyMs: 100 } } });
  await eventually(() => expect(runs).toBeGreaterThan(2));
  await jobs.service.close();
  const without = open({ tidy }, { schedules: { tidy: null } });
  await eventually(() => without.service.recent());
  await eventually(async () => {
    expect(await look().zcard("dms:{test}:jobs:letters:repeat")).toBe(0);
    expect(await look().zcard("dms:{test}:jobs:letters:delayed")).toBe(0);
  });
});

test("counts by state are told again and again", async () => {
  const held = Promise.withResolvers<void>();
  const jobs = open({ hold: async () => held.promise.then(() => ({})) });
  await add(jobs, "hold");
  await add(jobs, "hold");
  await eventually(() => expect(of(jobs, "jobs-seen").at(-1)?.counts).toMatchObject({ active: 1, waiting: 1 }));
  held.resolve();
  await eventually(() => expect(of(jobs, "jobs-seen").at(-1)?.counts).toMatchObject({ active: 0, completed: 2 }));
});

test("a Redis that is away: calls fail soon and say so, and all goes on once it is back", async () => {
  const other = await startRedis();
  try {
    const jobs = openJobsOn(other, { note: async () => ({ noted: true }) }, { settings: { commandTimeoutMs: 300 } });
    opened.push(jobs);
    await add(jobs, "note");
    await other.kill();
    await eventually(() => expect(jobs.service.add("note", {})).rejects.toMatchObject({ retryable: true }));
    await other.start();
    const id = await add(jobs, "note");
    expect(await ended(jobs, id)).toMatchObject({ state: "completed", result: { noted: true } });
    await jobs.service.close();
  } finally {
    await other.close();
  }
});

test("what is asked while Redis is away fails in an operator's words, not the client library's", async () => {
  const other = await startRedis();
  try {
    const jobs = openJobsOn(other, { note: async () => ({}) });
    await add(jobs, "note");
    await other.kill();
    await eventually(() =>
      expect(jobs.service.recent()).rejects.toMatchObject({
        code: "DMS_REDIS_UNAVAILABLE",
        // Which of the two it is, is how far the client has got with connecting anew.
        message: expect.stringMatching(
          /^Redis did not answer jobs: (there is no connection|no answer in time)$/,
        ) as string,
      }),
    );
    await jobs.service.close();
    expect(of(jobs, "redis-failed").filter(({ detail }) => /option|enableOffline/.test(detail))).toEqual([]);
  } finally {
    await other.close();
  }
});

test("a Redis that refuses what the queue needs: each try to open it leaves nothing behind", async () => {
  await look().call("acl", "setuser", "poor", "on", ">poor", "~*", "&*", "+@all", "-hset");
  const listeners: number[] = [];
  const clock: Clock = {
    ...systemClock,
    sleep: (ms, signal) => {
      if (signal !== undefined && ms === quickBounds.openRetryMs)
        listeners.push(getEventListeners(signal, "abort").length);
      return systemClock.sleep(ms, signal);
    },
  };
  const { settings } = redis;
  const jobs = open({}, { clock, settings: { ...settings, username: "poor", password: "poor" } });
  await eventually(() => expect(listeners.length).toBeGreaterThan(4));
  expect(listeners.slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
  expect(of(jobs, "redis-failed")[0]).toMatchObject({ doing: "jobs", code: "DMS_REDIS_REFUSED" });
});

test("closing does not wait for a Redis that never answers", async () => {
  const jobs = openJobsOn({ settings: { ...redis.settings, nodes: [{ host: "127.0.0.1", port: 1 }] } }, {});
  await expect(jobs.service.add("note", {})).rejects.toMatchObject({ code: "DMS_REDIS_UNAVAILABLE", retryable: true });
  await jobs.service.close();
  expect(jobs.events.filter(({ type }) => type !== "redis-failed")).toEqual([]);
});
