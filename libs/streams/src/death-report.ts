import type { MemberId } from "@dms/protocol";
import type { Clock, Random } from "@dms/rules";
import { type Config, type Logger, messageOf } from "@dms/runtime";
import { openStores, type Stores } from "./stores.ts";

interface ReportContext {
  config: Config;
  logger: Logger;
  clock: Clock;
  random: Random;
}

/** A supervisor's way to the registry. */
export interface DeathReport {
  /** Opens the connection that reports go over. Never rejects: what fails now is tried again by the first report. */
  prepare(this: void, context: ReportContext): Promise<void>;
  /** Rejects when Redis does not take it; the lease then decides. */
  report(this: void, death: { member: string }, context: ReportContext): Promise<void>;
}

/**
 * What a supervisor writes when it saw its child exit: the member's lease ends now, with the proof as its cause (A10). One
 * connection serves all reports, and is open before the first: opening it took 0.3 s of the second that a proved death may
 * cost, and on a busy machine more than the supervisor waits for a report, so that the lease had to decide.
 */
export function makeDeathReport(): DeathReport {
  let opened: Promise<Stores> | null = null;
  const open = ({ logger, ...context }: ReportContext): Promise<Stores> => {
    const onNotice = (notice: string): void => logger.warn({ event: "waiting" }, notice);
    opened ??= openStores({ ...context, onNotice }).catch((caught: unknown) => {
      opened = null;
      throw caught;
    });
    return opened;
  };
  return {
    async prepare(context) {
      await open(context).catch((caught: unknown) => {
        context.logger.warn({ event: "supervisor.report-unprepared" }, messageOf(caught));
      });
    },
    async report({ member }, context) {
      try {
        const { registry } = await open(context);
        await registry.leave(member as MemberId, "dead", "exit-seen");
      } catch (caught) {
        context.logger.warn({ event: "supervisor.report-failed", member }, messageOf(caught));
        throw caught;
      }
    },
  };
}
