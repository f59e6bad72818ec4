import { fastify } from "fastify";
import type { FastifyInstance } from "fastify";
import { DmsError, messageOf } from "./errors.ts";
import type { Liveness } from "./liveness.ts";
import { codeOf } from "./logger.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import { portTlsOptions, secure } from "./port-tls.ts";
import type { PortTls } from "./port-tls.ts";

/** Whether a process takes part now; `reasons` say why not, in words an operator can act on. */
export interface Readiness {
  ready: boolean;
  reasons: readonly string[];
}

export interface HttpServer {
  /** Answers the real port (0 asks for a free one). Throws DMS_HTTP_LISTEN_FAILED when the address cannot be had. */
  listen(host: string, port: number): Promise<number>;
  /** Ends every connection. May be called before `listen` and twice. */
  stop(): Promise<void>;
}

/** Probes and scrapers send no bodies and short lines; whoever sends more is not one of them. */
const limits = {
  bodyBytesMax: 1024,
  headersMsMax: 5_000,
  requestMsMax: 10_000,
  idleMsMax: 30_000,
  connectionsMax: 256,
};

/** `/livez`, `/readyz` and `/metrics` of one process. Everything else is a 404 in JSON. */
export function createHttpServer(options: {
  liveness: Liveness;
  readiness: () => Readiness;
  metrics: Metrics;
  logger: Logger;
  tls?: PortTls | undefined;
}): HttpServer {
  const { liveness, readiness, metrics, logger, tls } = options;
  const app = fastify({
    ...(tls === undefined ? {} : { https: portTlsOptions(tls) }),
    logger: false,
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: limits.requestMsMax,
    keepAliveTimeout: limits.idleMsMax,
    connectionTimeout: limits.idleMsMax,
    forceCloseConnections: true,
    http: { headersTimeout: limits.headersMsMax },
  });
  app.server.maxConnections = limits.connectionsMax;

  if (tls !== undefined) secure(app, tls);
  serveProbes(app, { liveness, readiness, metrics });
  answerFaults(app, logger);

  return {
    listen: (host, port) => listenOn(app, { host, port, logger }),
    stop: () => app.close(),
  };
}

/** The three probes of every process; the mocks serve them beside their own routes. */
export function serveProbes(
  app: FastifyInstance,
  { liveness, readiness, metrics }: { liveness: Liveness; readiness: () => Readiness; metrics: Metrics },
): void {
  app.get("/livez", (_request, reply) => {
    const lagMs = liveness.lagMs();
    return reply.code(liveness.isAlive() ? 200 : 503).send({ alive: liveness.isAlive(), lagMs: Math.round(lagMs) });
  });
  app.get("/readyz", (_request, reply) => {
    const { ready, reasons } = readiness();
    return reply.code(ready ? 200 : 503).send({ ready, reasons });
  });
  app.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
}

function answerFaults(app: FastifyInstance, logger: Logger): void {
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ error: "not found", path: request.url, known: ["/livez", "/readyz", "/metrics"] }),
  );
  app.setErrorHandler((error, request, reply) => {
    const status = statusOf(error);
    if (status >= 500) logger.error({ event: "http.failed", path: request.url, error }, "http: a request failed");
    return reply.code(status).send({ error: status >= 500 ? "internal error" : messageOf(error) });
  });
}

function statusOf(error: unknown): number {
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  return typeof status === "number" ? status : 500;
}

/** Listens, logs where, and answers the real port. Throws DMS_HTTP_LISTEN_FAILED when the address cannot be had. */
export async function listenOn(
  app: FastifyInstance,
  { host, port, logger }: { host: string; port: number; logger: Logger },
): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    throw new DmsError(
      "DMS_HTTP_LISTEN_FAILED",
      `cannot listen on ${host}:${port} (${codeOf(cause) ?? messageOf(cause)}): set http.host and http.port, or --http-port, to a free address`,
      { cause, details: { host, port } },
    );
  }
  const address = app.server.address();
  const listening = typeof address === "object" && address !== null ? address.port : port;
  logger.info({ event: "http.listening", host, port: listening }, `http: listening on ${host}:${listening}`);
  return listening;
}
