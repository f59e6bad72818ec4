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

/**
 * What a supervisor writes when it saw its child exit: the member's lease ends now, with the proof as its cause (A10). The
 * connection of the first report serves the later ones, so that a process that dies again is replaced sooner. Rejects when
 * Redis does not take it; the lease then decides.
 */
export function makeDeathReport(): (death: { member: string }, context: ReportContext) => Promise<void> {
  let opened: Promise<Stores> | null = null;
  return async ({ member }, { logger, ...context }) => {
    const onNotice = (notice: string): void => logger.warn({ event: "waiting" }, notice);
    opened ??= openStores({ ...context, onNotice }).catch((caught: unknown) => {
      opened = null;
      throw caught;
    });
    try {
      const { registry } = await opened;
      await registry.leave(member as MemberId, "dead", "exit-seen");
    } catch (caught) {
      logger.warn({ event: "supervisor.report-failed", member }, messageOf(caught));
      throw caught;
    }
  };
}
