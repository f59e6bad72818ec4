import {
  createLiveness,
  errorFields,
  listenOn,
  type ProcessContext,
  runProcess,
  type Running,
  serveProbes,
} from "@dms/runtime";
import { createChatMock } from "./app.ts";
import { chatMockOptions } from "./config.ts";

await runProcess({ name: "chat-mock", argv: process.argv.slice(2), hasOwnHttp: true, start: startChatMock });

async function startChatMock({ config, logger, metrics, clock, random, name }: ProcessContext): Promise<Running> {
  const { app } = createChatMock({
    ...chatMockOptions(config),
    clock,
    random,
    serverName: name,
    onError: (error) => logger.error({ event: "request.failed", error: errorFields(error) }, "a request failed"),
  });
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
    failed: new Promise<never>(() => undefined),
  };
}
