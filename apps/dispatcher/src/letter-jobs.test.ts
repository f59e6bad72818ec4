import type { Clock, JobFacts, JobInHand } from "@dms/rules";
import { type Config, DmsError, parseConfig } from "@dms/runtime";
import { expect, test } from "vitest";
import { planLetterJobs } from "./letter-jobs.ts";
import { MemoryLetters } from "./testing/memory-letters.ts";

const dayMs = 86_400_000;

/** A clock that says what it was asked to sleep, and does not sleep. */
function idleClock(slept: number[] = []): Clock {
  return {
    wall: () => 0,
    monotonic: () => 0,
    sleep: async (ms) => void slept.push(ms),
    after: () => () => undefined,
  };
}

function configOf(jobs = ""): Config {
  const parsed = parseConfig(`cluster: { partitions: 2 }\njobs: { ${jobs} }\n`, { env: {} });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.config;
}

/** One run of a job; what it saves is for the next. */
class Run implements JobInHand {
  readonly id = "1";
  readonly name: string;
  readonly asked: JobFacts;
  saved: JobFacts | null;
  readonly ending = new AbortController();

  constructor(name: string, asked: JobFacts = {}, saved: JobFacts | null = null) {
    this.name = name;
    this.asked = asked;
    this.saved = saved;
  }

  get signal(): AbortSignal {
    return this.ending.signal;
  }

  async save(facts: JobFacts): Promise<void> {
    this.saved = structuredClone(facts);
  }
}

function stage({ clock = idleClock(), jobs = "" } = {}) {
  const letters = new MemoryLetters(2);
  letters.now = 1000;
  const plan = planLetterJobs({ letters, clock }, configOf(jobs));
  const run = async (job: Run): Promise<JobFacts> => {
    const handler = plan.handlers[job.name];
    if (handler === undefined) throw new Error(`no job ${job.name}`);
    return handler(job);
  };
  return { letters, plan, run };
}

test("redrive: takes the letters of every partition that were chosen by reason, and leaves the others", async () => {
  const { letters, run } = stage();
  letters.bury(0, 1);
  letters.bury(0, 2, { reason: "no-session" });
  letters.bury(1, 3, { reason: "crashing" });
  letters.bury(1, 4, { conversation: "" });
  expect(await run(new Run("redrive"))).toEqual({ matched: 3, outcomes: { redriven: 2, refused: 1 } });
  expect(letters.redriven).toEqual(["1-0", "3-0"]);
  expect(letters.left).toEqual(["2-1", "4-1"]);
});

test.each([
  [{ channel: "apple" }, ["3-2"]],
  [{ conversation: "whatsapp:c2" }, ["2-1"]],
  [{ since: "1970-01-01T00:00:00.003Z" }, ["3-2"]],
  [{ until: "1970-01-01T00:00:00.001Z" }, ["1-0"]],
  [{ "count-max": 2 }, ["1-0", "2-1"]],
])("redrive: %j chooses %j", async (asked, redriven) => {
  const { letters, run } = stage();
  letters.bury(0, 1);
  letters.bury(0, 2, { conversation: "whatsapp:c2" });
  letters.bury(0, 3, { conversation: "apple:c1" });
  await run(new Run("redrive", asked));
  expect(letters.redriven).toEqual(redriven);
});

test("a dry run says how many of which reason there are, and touches nothing", async () => {
  const { letters, run } = stage();
  letters.bury(0, 1);
  letters.bury(1, 2, { reason: "crashing" });
  const expected = { matched: 2, outcomes: { rejected: 1, crashing: 1 } };
  expect(await run(new Run("redrive", { "dry-run": true }))).toEqual(expected);
  expect(await run(new Run("discard", { reasons: ["rejected", "crashing"], "dry-run": true }))).toEqual(expected);
  expect(letters.left).toEqual(["1-0", "2-0"]);
});

test("a letter that is buried again while the job runs is not redriven again", async () => {
  const { letters, run } = stage();
  letters.bury(0, 1);
  let buries = 0;
  letters.before = (step) => {
    if (step === "redrive" && ++buries < 50) letters.bury(0, 1000 + buries);
  };
  expect(await run(new Run("redrive"))).toEqual({ matched: 1, outcomes: { redriven: 1 } });
});

test("redrive keeps to its pace", async () => {
  const slept: number[] = [];
  const { letters, run } = stage({ clock: idleClock(slept) });
  for (let i = 0; i < 250; i++) letters.bury(0, i);
  await run(new Run("redrive", { "per-second": 50 }));
  expect(slept).toEqual([2000, 2000, 1000]);
});

test("a run that was cut short goes on where it was, and its count with it", async () => {
  const { letters, run } = stage();
  for (let i = 0; i < 250; i++) letters.bury(i % 2, i, { reason: i < 10 ? "no-session" : "rejected" });
  const first = new Run("redrive", { "dry-run": true });
  let pages = 0;
  letters.before = () => {
    if (++pages === 3) throw new DmsError("DMS_REDIS_UNAVAILABLE", "not now", { retryable: true });
  };
  await expect(run(first)).rejects.toThrow("not now");
  letters.before = () => undefined;
  expect(await run(new Run("redrive", { "dry-run": true }, first.saved))).toEqual({
    matched: 240,
    outcomes: { rejected: 240 },
  });
});

test("a run whose process stops ends between two pages", async () => {
  const { letters, run } = stage();
  for (let i = 0; i < 250; i++) letters.bury(0, i);
  const job = new Run("redrive");
  letters.before = (step) => {
    if (step === "redrive") job.ending.abort(new Error("stopping"));
  };
  await expect(run(job)).rejects.toThrow("stopping");
  expect(letters.redriven).toHaveLength(100);
  expect(job.saved).toMatchObject({ matched: 100 });
});

test("discard deletes what was chosen, and wants to be told the reasons", async () => {
  const { letters, run } = stage();
  letters.bury(0, 1);
  letters.bury(1, 2, { reason: "unreadable" });
  await expect(run(new Run("discard"))).rejects.toThrow("reasons");
  expect(await run(new Run("discard", { reasons: ["unreadable"] }))).toEqual({
    matched: 1,
    outcomes: { discarded: 1 },
  });
  expect(letters.left).toEqual(["1-0"]);
});

test("tidy deletes what is too old, each kind by its own age, and nothing that is kept for ever", async () => {
  // By Redis's clock; this process's own is far off.
  const now = 100 * dayMs;
  const bury = (letters: MemoryLetters): void => {
    letters.now = now;
    for (const days of [40, 20, 1]) {
      letters.bury(0, now - days * dayMs);
      letters.bury(1, now - days * dayMs, { reason: "no-session" });
    }
  };
  const byDefault = stage();
  bury(byDefault.letters);
  expect(await byDefault.run(new Run("tidy"))).toEqual({ discarded: 1 });
  expect(byDefault.letters.left).toHaveLength(5);
  const strict = stage({ jobs: "dead-letters-days: 30, no-session-days: 7" });
  bury(strict.letters);
  expect(await strict.run(new Run("tidy"))).toEqual({ discarded: 3 });
  expect(strict.letters.left).toHaveLength(3);
});

test("tidy comes by itself unless everything is kept for ever", () => {
  expect(stage().plan.schedules).toEqual({ tidy: { everyMs: 3_600_000 } });
  expect(stage({ jobs: "tidy-every-minutes: 5" }).plan.schedules).toEqual({ tidy: { everyMs: 300_000 } });
  expect(stage({ jobs: "no-session-days: 0" }).plan.schedules).toEqual({ tidy: null });
});
