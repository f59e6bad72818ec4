import type { Clock, Emit, JobPlan, Random, RetryBounds } from "@dms/rules";

/** What BullMQ needs of a connection to Redis; whoever opens it knows the rest. */
export interface JobConnection {
  duplicate(...ignored: never[]): unknown;
  disconnect(): void;
}

/** `asking` fails soon where Redis does not answer; `working` waits for it, and blocks. */
export type JobPurpose = "asking" | "working";

/** How long and how often; milliseconds and counts. */
export interface JobBounds {
  /** Runs that fail, at most, before the job counts as failed. */
  runsMax: number;
  retry: RetryBounds;
  /** How long a job stays with a process that says nothing, and time between two looks for such jobs. */
  lockMs: number;
  stalledEveryMs: number;
  /** How often a job may lose its process before it counts as failed: what kills processes must not do so for ever. */
  stalledMax: number;
  /** What is kept of jobs that have ended. */
  keptCount: number;
  keptSeconds: number;
  /** Rows of the queue's event stream, about. */
  eventsMax: number;
  countEveryMs: number;
  openRetryMs: number;
  /** How long a call of `Jobs` may take, and the end of a connection. */
  callMs: number;
}

export const jobBounds: JobBounds = {
  runsMax: 20,
  retry: { baseMs: 1000, maxMs: 60_000 },
  lockMs: 30_000,
  stalledEveryMs: 15_000,
  stalledMax: 5,
  keptCount: 200,
  keptSeconds: 30 * 86_400,
  eventsMax: 1000,
  countEveryMs: 5000,
  openRetryMs: 5000,
  callMs: 2000,
};

export interface JobsOptions extends JobPlan {
  /** The cluster's name. All keys of the queue begin with `dms:{<cluster>}:jobs:`, so they lie in the registry's slot. */
  cluster: string;
  connect(this: void, purpose: JobPurpose): JobConnection;
  clock: Clock;
  random: Random;
  emit: Emit;
  bounds?: Partial<JobBounds>;
}
