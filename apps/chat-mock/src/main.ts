import "@dms/runtime/boot";
import type { ProcessContext, Running } from "@dms/runtime";

const { createLiveness, errorFields, listenOn, runProcess, serveProbes } = await import("@dms/runtime");
const { createChatMock } = await import("./app.ts");
const { chatMockOptions } = await import("./config.ts");

await runProcess({ name: "chat-mock", argv: process.argv.slice(2), hasOwnHttp: true, start: startChatMock });

async function startChatMock({
  config,
  logger,
  metrics,
  clock,
  random,
  name,
  portTls,
}: ProcessContext): Promise<Running> {
  const options = {
    ...chatMockOptions(config),
    clock,
    random,
    serverName: name,
    onError: (error: unknown) =>
      logger.error({ event: "request.failed", error: errorFields(error) }, "a request failed"),
  };
  const { app } = createChatMock(options, portTls);
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
