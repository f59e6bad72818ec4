import { once } from "node:events";
import type { ClusterEvent, JobHandler } from "@dms/rules";
import { DmsError } from "@dms/runtime";
import type { RedisForm } from "@dms/testkit";
import { vi } from "vitest";
import { type OpenedJobs, openJobsOn } from "./job-parts.ts";

type Outcome = Extract<ClusterEvent, { type: "job-ended" }>["outcome"];

/** Does all that we ever do with jobs but crash, so that each command that BullMQ sends for us is sent. */
export async function jobTour(form: Pick<RedisForm, "settings">): Promise<void> {
  const handlers = jobsOfEveryFate();
  await everyFate(openJobsOn(form, handlers, { schedules: { tidy: { everyMs: 200 } }, bounds: { keptCount: 1 } }));
  await oldAge(openJobsOn(form, handlers, { schedules: { tidy: null }, bounds: { keptSeconds: 1 } }));
}

function jobsOfEveryFate(): Record<string, JobHandler> {
  let tries = 0;
  let holds = 0;
  return {
    note: async (job) => {
      await job.save({ noted: 1 });
      return { noted: 2 };
    },
    flaky: async () => {
      if (++tries % 2 === 1) throw new DmsError("DMS_REDIS_UNAVAILABLE", "not now", { retryable: true });
      return {};
    },
    broken: async () => {
      throw new TypeError("broken");
    },
    held: async ({ signal }) => {
      if (++holds > 1) return {};
      await once(signal, "abort");
      throw signal.reason;
    },
    tidy: async () => ({}),
  };
}

async function everyFate(jobs: OpenedJobs): Promise<void> {
  const { service } = jobs;
  try {
    for (const name of ["note", "flaky", "broken", "note", "broken"]) await add(jobs, name);
    await until(
      () => has(jobs, "broken", "failed") && has(jobs, "flaky", "completed") && has(jobs, "tidy", "completed"),
    );
    await service.find("1");
    await add(jobs, "held");
    await until(async () => (await service.recent()).some(({ name, state }) => name === "held" && state === "active"));
    await service.drain(performance.now() + 5000);
  } finally {
    await service.close();
  }
}

/** What has ended goes by its age once something else ends. */
async function oldAge(jobs: OpenedJobs): Promise<void> {
  const { service } = jobs;
  const ids = async (): Promise<string[]> => (await service.recent()).map(({ id }) => id);
  try {
    await add(jobs, "note");
    await until(() => has(jobs, "note", "completed"));
    const before = await ids();
    await until(async () => {
      await add(jobs, "note");
      const kept = await ids();
      return !before.every((id) => kept.includes(id));
    });
  } finally {
    await service.close();
  }
}

function has({ events }: OpenedJobs, name: string, outcome: Outcome): boolean {
  return events.some((event) => event.type === "job-ended" && event.job === name && event.outcome === outcome);
}

async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  const look = async (): Promise<void> => {
    if (!(await isSo())) throw new Error("not yet");
  };
  await vi.waitFor(look, { timeout: 20_000, interval: 20 });
}

/** Adds a job as soon as the queue is open. */
async function add({ service }: OpenedJobs, name: string): Promise<void> {
  await vi.waitFor(() => service.add(name, {}), { timeout: 20_000, interval: 20 });
}
