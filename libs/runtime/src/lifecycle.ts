import type { Clock } from "@dms/rules";
import { settledWithin } from "./deadline.ts";
import { messageOf } from "./errors.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ProcessHost, StopSignal } from "./host.ts";
import type { Readiness } from "./http-server.ts";
import { codeOf } from "./logger.ts";
import type { Logger } from "./logger.ts";

/** What an entry point's `start` gives to the chassis: the app at work. */
export interface Running {
  /** Gives everything away; `deadline` is an instant of the monotonic clock in milliseconds, after which `stop` comes. */
  drain(deadline: number): Promise<void>;
  /** Ends what is left at once. Called once, also after a drain that failed or was late. */
  stop(): Promise<void>;
  readiness(): Readiness;
}

export interface LifecycleOptions {
  name: string;
  clock: Clock;
  host: ProcessHost;
  logger: Logger;
  drainDeadlineMs: number;
  /** How long `stop` may take before the process goes anyway: the lease ends by itself. */
  stopDeadlineMs: number;
  /** What the chassis itself runs, ended after the app. */
  stopChassis(): Promise<void>;
  /** A silent log must not hide why a process died. */
  isLogSilent: boolean;
}

/**
 * A terminal sends its interrupt to the whole process group, and npm and a supervisor pass it on once more: signals
 * this close together are one wish, not two.
 */
const oneWishMs = 500;

/** How long a start may go on that has been told to stop. */
const abandonMs = 5_000;

/**
 * The life of one process.
 *
 * - `starting`: `start` runs. A signal aborts it; a failure exits 1 (a broken invariant: 70).
 * - `running`: until a signal or an orphaning.
 * - `draining`: drain, stop, exit 0. A second signal exits at once with 130 or 143.
 * - `ended`: the exit code is out; nothing counts any more. An uncaught exception comes here from anywhere with 70.
 */
export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #stopWish = new AbortController();
  #state: "starting" | "running" | "draining" | "ended" = "starting";
  #running: Running | undefined;
  #wishedAt = 0;
  /** What the start said last that it waits for. */
  #waitsFor: string[] = [];

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  /** Starts the app and connects it with the process's signals. Resolves when it runs, or has failed to. */
  async run(start: (signal: AbortSignal) => Promise<Running>): Promise<void> {
    const { host, logger, name } = this.#options;
    host.onUncaught((caught) => this.#crash(caught));
    host.onSignal((signal) => this.#onSignal(signal));
    host.onOrphaned(() => this.#wishStop("the supervisor is gone"));
    try {
      this.#running = await start(this.#stopWish.signal);
    } catch (caught) {
      return this.#failedToStart(caught);
    }
    if (this.#stopWish.signal.aborted) return this.#drain(this.#running);
    this.#state = "running";
    logger.info({ event: "process.started" }, `${name}: started`);
  }

  readiness(): Readiness {
    if (this.#state === "running" && this.#running !== undefined) return this.#running.readiness();
    if (this.#stopWish.signal.aborted) return { ready: false, reasons: ["draining"] };
    return { ready: false, reasons: [this.#state, ...this.#waitsFor] };
  }

  /** Tells what the start waits for: in the log, and to whoever asks whether the process is ready. */
  waiting(notice: string): void {
    this.#waitsFor = [notice];
    this.#options.logger.warn({ event: "waiting" }, notice);
  }

  #onSignal(signal: StopSignal): void {
    const { clock, logger, name } = this.#options;
    if (!this.#stopWish.signal.aborted) return this.#wishStop(signal);
    if (clock.monotonic() - this.#wishedAt < oneWishMs) return;
    logger.warn({ event: "process.aborted", signal }, `${name}: second ${signal}, exiting at once`);
    this.#end(exitCodes[signal]);
  }

  #wishStop(cause: string): void {
    const { clock, logger, name } = this.#options;
    if (this.#stopWish.signal.aborted) return;
    this.#wishedAt = clock.monotonic();
    logger.info({ event: "process.stopping", cause }, `${name}: stopping (${cause})`);
    this.#stopWish.abort();
    if (this.#state === "running" && this.#running !== undefined) void this.#drain(this.#running);
    else void clock.sleep(abandonMs).then(() => this.#giveUpStarting());
  }

  /** A start that neither ends nor fails after its signal aborted has given nothing that could be drained. */
  #giveUpStarting(): void {
    if (this.#state === "starting") this.#end(exitCodes.done);
  }

  async #drain(running: Running): Promise<void> {
    const { clock, logger, drainDeadlineMs, name } = this.#options;
    this.#state = "draining";
    const drained = await settledWithin(clock, drainDeadlineMs, running.drain(clock.monotonic() + drainDeadlineMs));
    if (drained.kind === "late")
      logger.warn({ event: "process.drain-late", drainDeadlineMs }, `${name}: the drain is late, stopping anyway`);
    if (drained.kind === "failed")
      logger.error({ event: "process.drain-failed", error: drained.caught }, `${name}: the drain failed`);
    await this.#stop(running, drained.kind === "failed" ? exitCodes.failed : exitCodes.done);
  }

  async #stop(running: Running, code: number): Promise<void> {
    const { clock, logger, name } = this.#options;
    const whole = running.stop().then(() => this.#options.stopChassis());
    const stopped = await settledWithin(clock, this.#options.stopDeadlineMs, whole);
    if (stopped.kind === "failed")
      logger.error({ event: "process.stop-failed", error: stopped.caught }, `${name}: stopping failed`);
    if (stopped.kind === "done") logger.info({ event: "process.stopped" }, `${name}: stopped`);
    this.#end(stopped.kind === "failed" ? exitCodes.failed : code);
  }

  #failedToStart(caught: unknown): void {
    if (this.#state === "ended") return;
    if (isBroken(caught)) return this.#crash(caught);
    if (this.#stopWish.signal.aborted) return this.#end(exitCodes.done);
    this.#fatal({ event: "process.start-failed", error: caught }, `cannot start: ${messageOf(caught)}`);
    this.#end(isMisconfigured(caught) ? exitCodes.misconfigured : exitCodes.failed);
  }

  #crash(caught: unknown): void {
    if (this.#state === "ended") return;
    // Redis was emptied, and another process founded the cluster otherwise: no code is broken, and starting again is no mend.
    if (isMisconfigured(caught)) {
      this.#fatal({ event: "process.crashed", error: caught }, `cannot go on: ${messageOf(caught)}`);
      return this.#end(exitCodes.misconfigured);
    }
    const stack = caught instanceof Error ? caught.stack : undefined;
    this.#fatal({ event: "process.crashed", error: caught, stack }, `broken, exiting: ${messageOf(caught)}`);
    this.#end(exitCodes.broken);
  }

  #fatal(fields: Record<string, unknown>, message: string): void {
    const { logger, host, isLogSilent, name } = this.#options;
    logger.fatal(fields, `${name}: ${message}`);
    if (isLogSilent) host.err(`${name}: ${message}\n`);
  }

  #end(code: number): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#options.host.exit(code);
  }
}

function isBroken(caught: unknown): boolean {
  return codeOf(caught) === "DMS_INVARIANT_BROKEN";
}

/** Configuration that is well formed and still not this cluster's: starting again would not mend it. */
function isMisconfigured(caught: unknown): boolean {
  return codeOf(caught) === "DMS_CLUSTER_DIFFERS";
}
