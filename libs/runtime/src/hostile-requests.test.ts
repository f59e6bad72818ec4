import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createHttpServer } from "./http-server.ts";
import type { HttpServer } from "./http-server.ts";
import { createLogger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";
import { portParts } from "./testing/port-parts.ts";

const open: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.stop()));
});

async function served(): Promise<number> {
  const server = createHttpServer({
    ...portParts(),
    liveness: { isAlive: () => true, lagMs: () => 0, stop: () => {} },
    readiness: () => ({ ready: true, reasons: [] }),
    metrics: createMetrics({ hasProcessMetrics: false }),
    logger: createLogger({ level: "silent", name: "x" }),
  });
  open.push(server);
  return server.listen("127.0.0.1", 0);
}

/** Writes bytes as they are and answers the first line that comes back, "" for a connection that was closed at once. */
function send(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    let seen = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.on("data", (chunk: Buffer) => {
      seen += chunk.toString("latin1");
      socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(seen.split("\r\n")[0] ?? ""));
  });
}

test.each([
  ["no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", /^HTTP\/1\.1 400/],
  ["headers that are too large", `GET /livez HTTP/1.1\r\nhost: x\r\nx: ${"a".repeat(9000)}\r\n\r\n`, /^HTTP\/1\.1 431/],
  ["very many headers", `GET /livez HTTP/1.1\r\nhost: x\r\n${"a: b\r\n".repeat(3000)}\r\n`, /^HTTP\/1\.1 431/],
  [
    "a body that is too large",
    `PUT /admin/log-level HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2000\r\n\r\n`,
    /^HTTP\/1\.1 413/,
  ],
  [
    "two lengths",
    "POST /livez HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    /^HTTP\/1\.1 400/,
  ],
  [
    "a length and chunks",
    "POST /livez HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    /^HTTP\/1\.1 400/,
  ],
  ["a path that goes up", "GET /../../etc/passwd HTTP/1.1\r\nhost: x\r\n\r\n", /^HTTP\/1\.1 404/],
  ["a path that is no text", "GET /%ff%00 HTTP/1.1\r\nhost: x\r\n\r\n", /^HTTP\/1\.1 40[04]/],
  ["an unknown method", "BREW /livez HTTP/1.1\r\nhost: x\r\n\r\n", /^HTTP\/1\.1 40[0-5]/],
  [
    "JSON that is none",
    "PUT /admin/log-level HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1\r\n\r\n{",
    /^HTTP\/1\.1 400/,
  ],
  [
    "a prototype in JSON",
    'PUT /admin/log-level HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 33\r\n\r\n{"__proto__":{"level":"debug"}}  ',
    /^HTTP\/1\.1 400/,
  ],
])("http: %s is refused, and the port serves on", async (_, bytes, status) => {
  const port = await served();
  expect(await send(port, bytes)).toMatch(status);
  expect(await send(port, "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n")).toMatch(/ 200 /);
});
