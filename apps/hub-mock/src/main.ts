import "@dms/runtime/boot";
import type { ProcessContext, Running } from "@dms/runtime";

const { errorFields, runProcess, serveOwnPort } = await import("@dms/runtime");
const { createHubMock } = await import("./app.ts");
const { hubMockOptions } = await import("./config.ts");

await runProcess({ name: "hub-mock", argv: process.argv.slice(2), hasOwnHttp: true, start: startHubMock });

async function startHubMock(context: ProcessContext): Promise<Running> {
  const { config, logger, clock, random, portTls } = context;
  const options = {
    ...hubMockOptions(config),
    clock,
    random,
    onError: (error: unknown) =>
      logger.error({ event: "request.failed", error: errorFields(error) }, "a request failed"),
  };
  return serveOwnPort(createHubMock(options, portTls).app, context);
}
