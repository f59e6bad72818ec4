import { type ClusterEvent, type JobHandler } from "@dms/rules";
import { systemClock, systemRandom } from "@dms/runtime";
import { openJobClient } from "@dms/streams";
import type { RedisForm } from "@dms/testkit";
import { Queue, type QueueOptions } from "bullmq";
import { openJobs, type JobService } from "../index.ts";
import type { JobBounds, JobsOptions } from "../job-options.ts";

/** Bounds under which a test need not wait. */
export const quickBounds: Partial<JobBounds> = {
  runsMax: 3,
  retry: { baseMs: 20, maxMs: 50 },
  lockMs: 1000,
  stalledEveryMs: 300,
  countEveryMs: 50,
  openRetryMs: 50,
};

export interface OpenedJobs {
  service: JobService;
  events: ClusterEvent[];
}

type Changes = Partial<Pick<JobsOptions, "schedules" | "bounds" | "cluster" | "clock">> & {
  settings?: Partial<RedisForm["settings"]>;
};

/** A process's share in the jobs of cluster `test`. The caller closes the service. */
export function openJobsOn(
  form: Pick<RedisForm, "settings">,
  handlers: Record<string, JobHandler>,
  { schedules = {}, bounds = {}, cluster = "test", clock = systemClock, settings = {} }: Changes = {},
): OpenedJobs {
  const events: ClusterEvent[] = [];
  const onFault = (): void => undefined;
  const connecting = { settings: { ...form.settings, ...settings }, durabilityTimeoutMs: 1000, onFault };
  const service = openJobs({
    cluster,
    connect: (purpose) => openJobClient(connecting, purpose),
    handlers,
    schedules,
    clock,
    random: systemRandom,
    emit: (event) => void events.push(event),
    bounds: { ...quickBounds, ...bounds },
  });
  return { service, events };
}

/** Adds a job from a process that cannot do any. */
export async function addJob(form: Pick<RedisForm, "settings">, name: string): Promise<string> {
  const onFault = (): void => undefined;
  const client = openJobClient({ settings: form.settings, durabilityTimeoutMs: 1000, onFault }, "working");
  const connection = client as unknown as QueueOptions["connection"];
  const queue = new Queue("letters", { prefix: "dms:{test}:jobs", connection });
  const { id = "" } = await queue.add(name, {});
  await queue.close();
  client.disconnect();
  return id;
}
