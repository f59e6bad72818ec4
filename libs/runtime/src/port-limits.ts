import type { Clock } from "@dms/rules";
import type { FastifyInstance, FastifyServerOptions } from "fastify";
import { AddressRates } from "./address-rates.ts";
import { portTlsOptions } from "./port-tls.ts";
import type { PortTls } from "./port-tls.ts";

/** What one caller of a port may cost. Probes and scrapers send short lines; whoever sends more is not one of them. */
export const portLimits = {
  /** Of a process's own port; the stand-ins take what their contracts need. */
  bodyBytesMax: 1024,
  headerBytesMax: 8192,
  headersMsMax: 5_000,
  requestMsMax: 10_000,
  idleMsMax: 30_000,
  connectionsMax: 256,
} as const;

/**
 * Fastify's options for every port of this project: limits of headers and of time, and TLS where it is configured. A port
 * that holds requests open, as a hub does, needs a longer idle time.
 */
export function portOptions(tls: PortTls | undefined, idleMsMax: number = portLimits.idleMsMax): FastifyServerOptions {
  const { headerBytesMax, headersMsMax, requestMsMax } = portLimits;
  const server = { maxHeaderSize: headerBytesMax, headersTimeout: headersMsMax };
  return {
    ...(tls === undefined ? { http: server } : { https: { ...portTlsOptions(tls), ...server } }),
    requestTimeout: requestMsMax,
    keepAliveTimeout: idleMsMax,
    connectionTimeout: idleMsMax,
    forceCloseConnections: true,
  };
}

/** Refuses who comes too often with 429, before anything else is done for the request. Before any route is registered. */
export function limitRates(
  app: FastifyInstance,
  options: { clock: Clock; perSecond: number; onRefused: () => void },
): void {
  const { clock, perSecond, onRefused } = options;
  const rates = new AddressRates(clock, { perSecond, burst: perSecond * 2 });
  app.addHook("onRequest", async (request, reply) => {
    if (rates.admit(request.ip)) return;
    onRefused();
    await reply.code(429).header("retry-after", "1").send({ error: "too many requests from this address" });
  });
}
