import type { Config } from "../config/index.ts";
import { runProcess } from "../process.ts";

/** The smallest app on the chassis, for tests with real processes: announces `app.<pid>` and waits. */
const config = {
  settings: { name: "app" },
  cluster: { drainDeadlineMs: 5_000 },
  http: { host: "127.0.0.1", port: 0 },
  log: { level: "info", timeFormat: "ISO8601", buffering: false },
} as unknown as Config;

await runProcess({
  name: "app",
  argv: process.argv.slice(2),
  parts: {
    read: ({ argv }) => ({ kind: "run", config, warnings: [], isSupervised: argv.includes("--supervise") }),
  },
  start: async ({ announceMember, logger, instance }) => {
    announceMember(`app.${process.pid}`);
    logger.info({ event: "app.up", pid: process.pid, instance }, "up");
    if (process.argv.includes("--throw")) queueMicrotask(() => void Promise.reject(new Error("planted")));
    return {
      drain: async () => logger.info({ event: "app.drained" }, "drained"),
      stop: async () => {},
      readiness: () => ({ ready: true, reasons: [] }),
      failed: new Promise<never>(() => {}),
    };
  },
  reportDeath: async ({ member }, { logger }) => logger.info({ event: "app.dead", member }, "dead"),
});
