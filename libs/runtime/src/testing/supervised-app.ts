import type { MemberId } from "@dms/protocol";
import { parseConfig } from "../config/index.ts";
import type { Config } from "../config/index.ts";
import { runProcess } from "../process.ts";

/** With this its log may wait in memory, and its drain writes a hundred lines more. */
const isBuffered = process.argv.includes("--buffered");

/** Section `log` without its braces. */
const log = process.argv.find((argument) => argument.startsWith("--log="))?.slice("--log=".length);

/** The smallest app on the chassis, for tests with real processes: announces `app.<pid>` and waits. */
const defaults = parseConfig(
  `{ settings: { name: app }, cluster: { drain-deadline-ms: 5000 }, log: { ${log ?? `buffering: ${isBuffered}`} } }`,
  { env: {} },
);
if (!defaults.ok) throw new Error(JSON.stringify(defaults.faults));
const config: Config = { ...defaults.config, http: { ...defaults.config.http, host: "127.0.0.1", port: 0 } };

await runProcess({
  name: "app",
  argv: process.argv.slice(2),
  parts: {
    read: ({ argv }) => ({ kind: "run", config, warnings: [], isSupervised: argv.includes("--supervise") }),
  },
  start: async ({ observed, logger, identity: { instance } }) => {
    if (process.argv.includes("--fail")) throw new Error("the port is taken");
    const member = `app.${process.pid}` as MemberId;
    observed(() => undefined)({ type: "member-joined", member, role: "worker" });
    logger.info({ event: "app.up", pid: process.pid, instance }, "up");
    if (process.argv.includes("--flood"))
      for (let n = 1; n <= 2000; n++) logger.info({ event: "app.counted", n, text: "x".repeat(1000) }, "counted");
    if (process.argv.includes("--throw")) queueMicrotask(() => void Promise.reject(new Error("planted")));
    return {
      drain: async () => {
        if (isBuffered) for (let n = 1; n <= 100; n++) logger.info({ event: "app.counted", n }, "counted");
        logger.info({ event: "app.drained" }, "drained");
      },
      stop: async () => {},
      readiness: () => ({ ready: true, reasons: [] }),
    };
  },
  reportDeath: async ({ member }, { logger }) => logger.info({ event: "app.dead", member }, "dead"),
});
