import "@dms/runtime/boot";
import type { ProcessContext, Running } from "@dms/runtime";

const { createLiveness, errorFields, listenOn, runProcess, serveProbes } = await import("@dms/runtime");
const { createHubMock } = await import("./app.ts");
const { hubMockOptions } = await import("./config.ts");

await runProcess({ name: "hub-mock", argv: process.argv.slice(2), hasOwnHttp: true, start: startHubMock });

async function startHubMock({ config, logger, metrics, clock, random, portTls }: ProcessContext): Promise<Running> {
  const options = {
    ...hubMockOptions(config),
    clock,
    random,
    onError: (error: unknown) =>
      logger.error({ event: "request.failed", error: errorFields(error) }, "a request failed"),
  };
  const { app } = createHubMock(options, portTls);
  const liveness = createLiveness(clock);
  const readiness = () => ({ ready: true, reasons: [] });
  serveProbes(app, { liveness, readiness, metrics });
  await listenOn(app, { ...config.http, logger });
  return {
    drain: async () => undefined,
    stop: async () => {
      liveness.stop();
      await app.close();
    },
    readiness,
  };
}
