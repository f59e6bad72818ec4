import { fastify } from "fastify";
import type { FastifyInstance } from "fastify";
import type { Clock } from "@dms/rules";
import type { AdminCalls } from "./admin-calls.ts";
import { guardAdmin } from "./admin-guard.ts";
import { DmsError, messageOf } from "./errors.ts";
import type { Liveness } from "./liveness.ts";
import type { LogControl } from "./log/log-control.ts";
import { logLevelRoutes } from "./log/log-level-routes.ts";
import { codeOf } from "./logger.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import { limitRates, portLimits, portOptions } from "./port-limits.ts";
import { secure } from "./port-tls.ts";
import type { PortTls } from "./port-tls.ts";
import { observePort } from "./telemetry/port-metrics.ts";

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

export interface HttpServerOptions {
  liveness: Liveness;
  readiness: () => Readiness;
  metrics: Metrics;
  logger: Logger;
  clock: Clock;
  log: LogControl;
  /** What the app answers below `/admin`. */
  admin?: AdminCalls | undefined;
  /** Requests a second from one address, in the long run. */
  requestsPerSecond: number;
  adminToken?: string | undefined;
  tls?: PortTls | undefined;
}

/** `/livez`, `/readyz`, `/metrics` and `/admin` of one process. Everything else is a 404 in JSON. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { metrics, logger, clock, tls, requestsPerSecond } = options;
  const app: FastifyInstance = fastify({ ...portOptions(tls), logger: false, bodyLimit: portLimits.bodyBytesMax });
  app.server.maxConnections = portLimits.connectionsMax;
  const refused = observePort(metrics);

  limitRates(app, { clock, perSecond: requestsPerSecond, onRefused: () => refused("rate") });
  if (tls !== undefined) secure(app, tls);
  serveProbes(app, options);
  serveAdmin(app, { ...options, onRefused: () => refused("admin") });
  answerFaults(app, options);

  return {
    listen: (host, port) => listenOn(app, { host, port, logger }),
    stop: () => app.close(),
  };
}

function serveAdmin(app: FastifyInstance, options: HttpServerOptions & { onRefused: () => void }): void {
  const { adminToken: token, clock, logger, onRefused, log, admin: calls } = options;
  app.register(
    async (admin) => {
      guardAdmin(admin, { token, clock, logger, onRefused });
      logLevelRoutes(admin, log);
      calls?.routes(admin);
    },
    { prefix: "/admin" },
  );
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

const known = ["/livez", "/readyz", "/metrics", "/admin/log-level"];

function answerFaults(app: FastifyInstance, { logger, admin }: HttpServerOptions): void {
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ error: "not found", path: request.url, known: [...known, ...(admin?.paths ?? [])] }),
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
