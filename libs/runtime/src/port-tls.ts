import { Server as TlsServer } from "node:https";
import { TLSSocket } from "node:tls";
import type { TrustSource } from "@dms/rules";
import type { FastifyInstance } from "fastify";
import type { Certificates } from "./certificates.ts";
import type { Config } from "./config/index.ts";

/** TLS of a process's port, 1.2 or later. */
export interface PortTls {
  trust: TrustSource;
  /** Everything but the probes needs a certificate of an authority in `ca`; a platform's probes have none. */
  needsClientCertificate: boolean;
}

/** What `http.tls` says; undefined for a port without TLS. */
export function portTlsOf({ tls }: Pick<Config["http"], "tls">, certificates: Certificates): PortTls | undefined {
  if (tls === undefined) return undefined;
  const { cert, key, clientCa } = tls;
  const files = { cert, key, ...(clientCa === undefined ? {} : { ca: clientCa }) };
  return { trust: certificates.open(files), needsClientCertificate: clientCa !== undefined };
}

/** As fastify's option `https` takes it. */
export function portTlsOptions({ trust, needsClientCertificate }: PortTls) {
  const { serverName: _, ...pems } = trust.current();
  // Who has no certificate is refused by `secure`, with a reason, and not by a broken handshake.
  return { ...pems, minVersion: "TLSv1.2", requestCert: needsClientCertificate, rejectUnauthorized: false } as const;
}

const openPaths: ReadonlySet<string> = new Set(["/livez", "/readyz"]);

/** Keeps a port's certificate current and, where that is wished, its callers certified. Before any route is registered. */
export function secure(app: FastifyInstance, tls: PortTls): void {
  const { server } = app;
  tls.trust.onRenewed(() => {
    if (server instanceof TlsServer) server.setSecureContext(portTlsOptions(tls));
  });
  if (!tls.needsClientCertificate) return;
  app.addHook("onRequest", async (request, reply) => {
    const { socket } = request.raw;
    if (openPaths.has(request.url) || (socket instanceof TLSSocket && socket.authorized)) return;
    await reply.code(401).send({ error: "a client certificate of an authority in http.tls.client-ca is needed here" });
  });
}
