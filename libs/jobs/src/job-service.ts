import { type JobCard, type JobFacts, type JobHandler, type Jobs, jobStates, retryPauseMs } from "@dms/rules";
import { DmsError, messageOf, redisWords } from "@dms/runtime";
import { type Job, Queue, UnrecoverableError, WaitingError, Worker } from "bullmq";
import { cardOf, factsOf } from "./job-card.ts";
import { JobConnections } from "./job-connections.ts";
import { type JobBounds, jobBounds, type JobsOptions } from "./job-options.ts";

/** The one queue: label of its metric, and part of its keys. */
const queueName = "letters";
const recentMax = 50;

export interface JobService extends Jobs {
  /** Takes no further job, and lets the one in hand stop at its next safe place; `deadline` by the monotonic clock. */
  drain(deadline: number): Promise<void>;
  close(): Promise<void>;
}

/** Begins at once, and waits for Redis as long as it takes; nobody need wait for it. */
export function openJobs(options: JobsOptions): JobService {
  const service = new Service(options);
  service.begin();
  return service;
}

/**
 * One queue of jobs for the whole cluster and this process's share in doing them: one job at a time in all processes.
 * States: opening (again and again, until Redis lets us) -> open -> draining (no further job) -> closed.
 * Nothing of a message's way is a job, so no state of this keeps a message waiting.
 */
class Service implements JobService {
  readonly #options: JobsOptions;
  readonly #bounds: JobBounds;
  readonly #connections: JobConnections;
  readonly #stopping = new AbortController();
  #queue: Queue | null = null;
  #worker: Worker | null = null;
  #loop: Promise<void> | null = null;

  constructor(options: JobsOptions) {
    this.#options = options;
    this.#bounds = { ...jobBounds, ...options.bounds };
    this.#connections = new JobConnections((purpose) => options.connect(purpose));
  }

  begin(): void {
    this.#loop ??= this.#run();
  }

  add(name: string, asked: JobFacts): Promise<string> {
    return this.#ask(async (queue) => {
      const { id = "" } = await queue.add(name, asked);
      return id;
    });
  }

  find(id: string): Promise<JobCard | null> {
    return this.#ask(async (queue) => {
      const job = (await queue.getJob(id)) as Job | undefined;
      return job === undefined ? null : cardOf(job, await job.getState());
    });
  }

  recent(): Promise<JobCard[]> {
    return this.#ask(async (queue) => {
      const jobs = (await queue.getJobs([...jobStates], 0, recentMax - 1)) as Job[];
      return Promise.all(jobs.map(async (job) => cardOf(job, await job.getState())));
    });
  }

  async drain(deadline: number): Promise<void> {
    this.#stopping.abort();
    const { clock } = this.#options;
    await this.#within(Math.max(0, deadline - clock.monotonic()), async () => this.#worker?.close());
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#within(this.#bounds.callMs, () => this.#shut());
    this.#connections.end();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock, emit } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        if (this.#worker === null) await this.#open();
        const counts = await this.#ask((queue) => queue.getJobCounts(...jobStates));
        emit({ type: "jobs-seen", queue: queueName, counts: factsOf(counts) as never });
        await clock.sleep(this.#bounds.countEveryMs, signal);
      } catch (caught) {
        if (signal.aborted) return;
        this.#tell(caught);
        await clock.sleep(this.#bounds.openRetryMs, signal);
      }
    }
  }

  /** Either all of it or nothing: what BullMQ could not open once, it never opens. */
  async #open(): Promise<void> {
    const stopped = Promise.withResolvers<never>();
    const stop = (): void => stopped.reject(new Error("stopped"));
    this.#stopping.signal.addEventListener("abort", stop, { once: true });
    try {
      await Promise.race([this.#openBoth(), stopped.promise]);
    } catch (caught) {
      await this.#within(this.#bounds.callMs, () => this.#shut());
      this.#connections.end();
      throw caught;
    } finally {
      this.#stopping.signal.removeEventListener("abort", stop);
    }
  }

  async #openBoth(): Promise<void> {
    const { cluster, schedules } = this.#options;
    const { runsMax, keptCount, keptSeconds, eventsMax } = this.#bounds;
    const prefix = `dms:{${cluster}}:jobs`;
    const kept = { count: keptCount, age: keptSeconds };
    const queue = new Queue(queueName, {
      prefix,
      connection: this.#connections.take("asking"),
      streams: { events: { maxLen: eventsMax } },
      defaultJobOptions: {
        attempts: runsMax,
        backoff: { type: "custom" },
        removeOnComplete: kept,
        removeOnFail: kept,
        stackTraceLimit: 1,
      },
    });
    this.#queue = queue;
    queue.on("error", (fault) => this.#tell(fault));
    await queue.waitUntilReady();
    this.#stopping.signal.throwIfAborted();
    // Two at a time would only be in each other's way: they walk the same letters.
    await queue.setGlobalConcurrency(1);
    for (const [name, schedule] of Object.entries(schedules)) {
      if (schedule === null) await queue.removeJobScheduler(name);
      else await queue.upsertJobScheduler(name, { every: schedule.everyMs }, { name, data: {} });
    }
    this.#stopping.signal.throwIfAborted();
    this.#worker = this.#work(prefix);
    await this.#worker.waitUntilReady();
  }

  #work(prefix: string): Worker {
    const { random } = this.#options;
    const { retry, lockMs, stalledEveryMs, stalledMax } = this.#bounds;
    const process = (job: Job, token: string | undefined, signal?: AbortSignal) => this.#do(job, { token, signal });
    const worker = new Worker(queueName, process, {
      prefix,
      connection: this.#connections.take("working"),
      concurrency: 1,
      lockDuration: lockMs,
      stalledInterval: stalledEveryMs,
      maxStalledCount: stalledMax,
      settings: { backoffStrategy: (runs) => retryPauseMs(runs, retry, { fraction: random.fraction() }) },
    });
    worker.on("error", (fault) => this.#tell(fault));
    worker.on("stalled", (id) => this.#options.emit({ type: "job-stalled", id }));
    worker.on("completed", (job) => this.#ended(job, "completed"));
    worker.on("failed", (job, fault) => {
      if (job !== undefined) this.#ended(job, job.finishedOn === undefined ? "again" : "failed", fault.message);
    });
    return worker;
  }

  async #do(job: Job, { token, signal }: { token: string | undefined; signal?: AbortSignal | undefined }) {
    const handler: JobHandler | undefined = this.#options.handlers[job.name];
    if (handler === undefined) throw new UnrecoverableError(`this version knows no job ${job.name}`);
    const ends = signal === undefined ? this.#stopping.signal : AbortSignal.any([signal, this.#stopping.signal]);
    try {
      return await handler({
        id: job.id ?? "",
        name: job.name,
        asked: factsOf(job.data),
        saved: cardOf(job, "active").saved,
        signal: ends,
        save: (facts) => job.updateProgress(facts),
      });
    } catch (caught) {
      if (this.#stopping.signal.aborted) {
        await job.moveToWait(token);
        this.#ended(job, "left");
        throw new WaitingError();
      }
      if (caught instanceof DmsError && caught.retryable) throw caught;
      throw ends.aborted ? caught : new UnrecoverableError(messageOf(caught));
    }
  }

  #ended(job: Job, outcome: "completed" | "failed" | "again" | "left", detail = ""): void {
    const { clock, emit } = this.#options;
    const durationMs = Math.max(0, (job.finishedOn ?? clock.wall()) - (job.processedOn ?? clock.wall()));
    emit({ type: "job-ended", job: job.name, id: job.id ?? "", outcome, run: job.attemptsStarted, durationMs, detail });
  }

  #tell(caught: unknown): void {
    if (this.#stopping.signal.aborted) return;
    const fault = jobFault(caught);
    this.#options.emit({ type: "redis-failed", doing: "jobs", code: fault.code, detail: fault.message });
  }

  async #ask<Answer>(question: (queue: Queue) => Promise<Answer>): Promise<Answer> {
    const queue = this.#queue;
    if (queue === null || this.#stopping.signal.aborted) throw unavailable("the queue is not open");
    const answer = question(queue).catch((caught: unknown) => {
      throw jobFault(caught);
    });
    const late = new AbortController();
    const tooLong = this.#options.clock.sleep(this.#bounds.callMs, late.signal).then(() => {
      throw unavailable("no answer in time");
    });
    try {
      return await Promise.race([answer, tooLong]);
    } finally {
      tooLong.catch(() => undefined);
      answer.catch(() => undefined);
      late.abort();
    }
  }

  async #shut(): Promise<void> {
    const [worker, queue] = [this.#worker, this.#queue];
    this.#worker = null;
    this.#queue = null;
    await worker?.close(true);
    await queue?.close();
  }

  /** Waits for an end no longer than so; what comes of it later concerns nobody. */
  async #within(ms: number, end: () => Promise<unknown>): Promise<void> {
    const done = new AbortController();
    const ending = end()
      .catch((caught: unknown) => this.#tell(caught))
      .finally(() => done.abort());
    await Promise.race([ending, this.#options.clock.sleep(ms, done.signal)]);
  }
}

function unavailable(why: string, cause?: unknown): DmsError {
  return new DmsError("DMS_REDIS_UNAVAILABLE", `Redis did not answer jobs: ${why}`, { retryable: true, cause });
}

/** Rights, or anything else about the connection: all of it may be mended while we go on. */
function jobFault(caught: unknown): DmsError {
  if (caught instanceof DmsError) return caught;
  const message = messageOf(caught);
  const words = redisWords(message);
  if (/NOPERM|NOAUTH|WRONGPASS|ACL failure|user executing the script can't/.test(message)) {
    return new DmsError("DMS_REDIS_REFUSED", `jobs: ${words}`, { retryable: true, cause: caught });
  }
  return unavailable(words, caught);
}
