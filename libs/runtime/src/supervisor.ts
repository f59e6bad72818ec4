import { randomUUID } from "node:crypto";
import type { Clock, Random } from "@dms/rules";
import type { SupervisedChild } from "./child-process.ts";
import { settledWithin } from "./deadline.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ProcessHost, StopSignal } from "./host.ts";
import type { Logger } from "./logger.ts";

/** A member whose process is certainly gone: this supervisor saw it exit. */
export interface Death {
  member: string;
  /** The part of the member before its random end. */
  name: string;
}

export interface SupervisorOptions {
  clock: Clock;
  random: Random;
  logger: Logger;
  host: ProcessHost;
  /**
   * The platform's id of this place (the pod's uid, say), where it promises that one process there is gone before the next
   * starts. It then also proves the death of a supervisor that went with its child. By default an id of this supervisor.
   */
  instance?: string;
  /** Starts the process; `instance` is the same for every child of this supervisor, for one is gone before the next starts. */
  spawn(instance: string): SupervisedChild;
  /** Gets ready to report; called once, when the first member is known. Must not reject. */
  prepareReport?(): Promise<void>;
  /** Writes the proof to the registry. Failing costs time only: the lease then decides. */
  reportDeath(death: Death): Promise<void>;
  restart?: Partial<typeof restartDefaults>;
}

const restartDefaults = {
  /** Wait before the first restart; doubles with each death that follows. */
  waitMs: 100,
  waitMsMax: 10_000,
  /** A child that ran this long has started well: the wait begins anew. */
  settledAfterMs: 30_000,
  /** How long a report may take before the child is started again without it. */
  reportMsMax: 2_000,
};

/** One process is few members at a time; the newest of a process that keeps losing its lease are the ones that count. */
const membersMax = 16;

/**
 * Keeps one child running, and reports each of its members when it dies by itself.
 *
 * - child up: signals are passed on. Exit 0 (a planned stop) or 78 (a fault that a restart cannot mend) ends the
 *   supervisor with the same code; so does any exit after a signal was passed on.
 * - child dead: report, wait, start again. A signal meanwhile ends the supervisor with 0.
 * - whoever started the supervisor over a channel is gone: as by SIGTERM.
 *
 * Resolves with the code to exit with.
 */
export async function supervise(options: SupervisorOptions): Promise<number> {
  const { clock, logger, host } = options;
  const restart = { ...restartDefaults, ...options.restart };
  const { instance = randomUUID() } = options;
  const stopWish = new AbortController();
  let child: SupervisedChild | undefined;
  const stop = (signal: StopSignal): void => {
    stopWish.abort();
    child?.pass(signal);
  };
  host.onSignal(stop);
  host.onOrphaned(() => stop("SIGTERM"));
  host.onLouder(() => child?.pass("SIGUSR2"));
  let isPrepared = false;
  const prepare = (): void => {
    if (!isPrepared) void options.prepareReport?.();
    isPrepared = true;
  };
  let deaths = 0;
  while (!stopWish.signal.aborted) {
    const startedAt = clock.monotonic();
    child = options.spawn(instance);
    const members = membersOf(child, prepare);
    logger.info({ event: "supervisor.child-started", pid: child.pid }, "supervisor: child started");
    const code = await child.exited;
    child = undefined;
    const wasTold = stopWish.signal.aborted;
    if (code !== exitCodes.done) await reportDeaths({ options, members, reportMsMax: restart.reportMsMax });
    // Told to stop before it could listen to signals, it had begun nothing: that is a planned stop.
    if (wasTold && members.length === 0 && isDeathBySignal(code)) return exitCodes.done;
    if (wasTold || code === exitCodes.done || code === exitCodes.misconfigured) return code;
    if (stopWish.signal.aborted) break;
    deaths = clock.monotonic() - startedAt >= restart.settledAfterMs ? 1 : deaths + 1;
    const waitMs = waitBefore(deaths, restart, options.random);
    logger.error({ event: "supervisor.child-died", code, deaths, waitMs }, "supervisor: child died, starting it again");
    await clock.sleep(waitMs, stopWish.signal);
  }
  return exitCodes.done;
}

function isDeathBySignal(code: number): boolean {
  return code === exitCodes.SIGTERM || code === exitCodes.SIGINT;
}

/** Members that the child has announced, the newest last. */
function membersOf(child: SupervisedChild, onMember: () => void): string[] {
  const members: string[] = [];
  child.onMessage((message) => {
    const member = memberIn(message);
    if (member === undefined || members.includes(member)) return;
    members.push(member);
    onMember();
    if (members.length > membersMax) members.shift();
  });
  return members;
}

function memberIn(message: unknown): string | undefined {
  if (typeof message !== "object" || message === null || !("type" in message) || message.type !== "member")
    return undefined;
  return "member" in message && typeof message.member === "string" ? message.member : undefined;
}

async function reportDeaths(context: {
  options: SupervisorOptions;
  members: readonly string[];
  reportMsMax: number;
}): Promise<void> {
  const { clock, logger } = context.options;
  const reports = context.members.map(async (member) => {
    const report = context.options.reportDeath({ member, name: member.slice(0, member.lastIndexOf(".")) });
    const settled = await settledWithin(clock, context.reportMsMax, report);
    if (settled.kind === "done")
      logger.info({ event: "supervisor.death-reported", member }, "supervisor: death reported");
    else
      logger.warn(
        {
          event: "supervisor.death-not-reported",
          member,
          ...(settled.kind === "failed" ? { error: settled.caught } : {}),
        },
        "supervisor: the death could not be reported, the lease decides",
      );
  });
  await Promise.all(reports);
}

/** Doubles from death to death up to the bound; half of it is chance, so that a fleet does not return all at once. */
function waitBefore(deaths: number, restart: typeof restartDefaults, random: Random): number {
  const whole = Math.min(restart.waitMsMax, restart.waitMs * 2 ** Math.min(deaths - 1, 20));
  return Math.round(whole * (0.5 + random.fraction() / 2));
}
