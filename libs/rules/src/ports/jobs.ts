/** What a job is asked, has saved, or answers: plain values that Redis keeps as JSON. */
export type JobFacts = Readonly<Record<string, unknown>>;

/** One run of a job. A run may end at any point, and the job then runs again: each step must be safe to do twice. */
export interface JobInHand {
  readonly id: string;
  readonly name: string;
  readonly asked: JobFacts;
  /** What a former run saved last; null where none did. */
  readonly saved: JobFacts | null;
  /** Aborts when this process is to stop or has lost the job: whoever then throws leaves it to the next. */
  readonly signal: AbortSignal;
  save(facts: JobFacts): Promise<void>;
}

/** Does a job and answers what came of it. A retryable `DmsError` has it tried again later; anything else ends it as failed. */
export type JobHandler = (job: JobInHand) => Promise<JobFacts>;

/** What a process can do, and what it has done again and again; by the job's name. */
export interface JobPlan {
  handlers: Readonly<Record<string, JobHandler>>;
  /** Null for a job that is to come by itself no more. */
  schedules: Readonly<Record<string, { everyMs: number } | null>>;
}

export const jobStates = ["waiting", "active", "delayed", "completed", "failed"] as const;
export type JobState = (typeof jobStates)[number];

/** A job as the queue knows it. */
export interface JobCard {
  id: string;
  name: string;
  state: string;
  asked: JobFacts;
  saved: JobFacts | null;
  result: JobFacts | null;
  /** Why the last run failed; "" where none did. */
  fault: string;
  /** Runs that began. */
  runs: number;
  /** Wall clock, ms. */
  addedAt: number;
  endedAt: number | null;
}

/** The jobs of a cluster. Every call throws a retryable `DmsError` while Redis, or the right to use it, is not to be had. */
export interface Jobs {
  /** Answers the job's id; it runs in whichever process is free. */
  add(name: string, asked: JobFacts): Promise<string>;
  find(id: string): Promise<JobCard | null>;
  /** The newest jobs of every state. */
  recent(): Promise<JobCard[]>;
}
