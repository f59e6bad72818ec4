import "@dms/runtime/boot";
import type { ProcessContext, Running } from "@dms/runtime";

const { errorFields, runProcess, serveOwnPort } = await import("@dms/runtime");
const { createChatMock } = await import("./app.ts");
const { chatMockOptions } = await import("./config.ts");

await runProcess({ name: "chat-mock", argv: process.argv.slice(2), hasOwnHttp: true, start: startChatMock });

async function startChatMock(context: ProcessContext): Promise<Running> {
  const { config, logger, clock, random, name, portTls } = context;
  const options = {
    ...chatMockOptions(config),
    clock,
    random,
    serverName: name,
    onError: (error: unknown) =>
      logger.error({ event: "request.failed", error: errorFields(error) }, "a request failed"),
  };
  return serveOwnPort(createChatMock(options, portTls).app, context);
}
