import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { get as getSecure, type RequestOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Issued, makeAuthority } from "@dms/testkit";
import { afterAll, afterEach, expect, test } from "vitest";
import { Certificates } from "./certificates.ts";
import { createHttpServer, type HttpServer } from "./http-server.ts";
import { createLogger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";
import { portTlsOf } from "./port-tls.ts";
import { handClock } from "./testing/hand-clock.ts";
import { portParts } from "./testing/port-parts.ts";

// The matrix of TLS as a server: who gets in at the process's own port.

const dir = mkdtempSync(join(tmpdir(), "dms-port-"));
const authority = makeAuthority(join(dir, "ours"));
const stranger = makeAuthority(join(dir, "stranger"), "another authority");
const own = authority.issue("port");
const open: HttpServer[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.stop()));
});
afterAll(() => rmSync(dir, { recursive: true }));

async function served(clientCa?: string) {
  const clock = handClock();
  const logger = createLogger({ level: "silent", name: "x" });
  const certificates = new Certificates({ clock, logger });
  const tls = { ...own, ...(clientCa === undefined ? {} : { clientCa }) };
  const server = createHttpServer({
    ...portParts(),
    liveness: { isAlive: () => true, lagMs: () => 0, stop: () => {} },
    readiness: () => ({ ready: true, reasons: [] }),
    metrics: createMetrics({ hasProcessMetrics: false }),
    logger,
    tls: portTlsOf({ tls }, certificates),
  });
  open.push(server);
  const port = await server.listen("127.0.0.1", 0);
  return { port, clock };
}

const certified = ({ cert, key }: Issued) => ({ cert: readFileSync(cert), key: readFileSync(key) });

/** The answer's status, or the code of what went wrong. */
function ask(port: number, path: string, options: RequestOptions = {}): Promise<string> {
  const ca = readFileSync(authority.ca);
  return new Promise((resolve) => {
    const request = getSecure({ host: "127.0.0.1", port, path, ca, agent: false, ...options }, (response) => {
      response.resume();
      resolve(String(response.statusCode));
    });
    request.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

test("a port with TLS answers TLS, and nothing to plain HTTP", async () => {
  const { port } = await served();
  expect(await ask(port, "/metrics")).toBe("200");
  const plain = await new Promise((resolve) => {
    get({ host: "127.0.0.1", port, path: "/metrics", agent: false }, (response) => resolve(response.statusCode)).on(
      "error",
      (error: NodeJS.ErrnoException) => resolve(error.code),
    );
  });
  expect(plain).toMatch(/^(ECONNRESET|HPE_)/);
});

test("a client that speaks nothing later than TLS 1.1 is refused", async () => {
  const { port } = await served();
  const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
  expect(await ask(port, "/livez", old)).toMatch(/^(ERR_SSL_|EPROTO|ECONNRESET)/);
  expect(await ask(port, "/livez", { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" })).toBe("200");
});

test("with client-ca everything but the probes needs a certificate of that authority", async () => {
  const { port } = await served(authority.ca);
  expect(await ask(port, "/metrics")).toBe("401");
  expect(await ask(port, "/metrics", certified(stranger.issue("intruder")))).toBe("401");
  expect(await ask(port, "/metrics", certified(authority.issue("old", { isExpired: true })))).toBe("401");
  expect(await ask(port, "/metrics", certified(authority.issue("prometheus")))).toBe("200");
  expect(await ask(port, "/livez")).toBe("200");
  expect(await ask(port, "/readyz")).toBe("200");
});

test("a renewed certificate is presented to the next client", async () => {
  const { port, clock } = await served();
  const other = { ca: readFileSync(stranger.ca) };
  expect(await ask(port, "/livez", other)).toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  const renewed = stranger.issue("port");
  writeFileSync(own.cert, readFileSync(renewed.cert));
  writeFileSync(own.key, readFileSync(renewed.key));
  clock.advance(10_000);
  expect(await ask(port, "/livez", other)).toBe("200");
});
