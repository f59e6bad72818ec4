import type { FastifyInstance } from "fastify";
import { listenOn, serveProbes } from "./http-server.ts";
import type { Running } from "./lifecycle.ts";
import { createLiveness } from "./liveness.ts";
import type { ProcessContext } from "./process.ts";

/** Runs an app that is nothing but its port: with the probes beside its own routes, and nothing to give away at the end. */
export async function serveOwnPort(
  app: FastifyInstance,
  { config, logger, metrics, clock }: ProcessContext,
): Promise<Running> {
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
