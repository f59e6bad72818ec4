import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { parseConfig } from "./config/index.ts";
import { healthUrl, isHealthy } from "./health-check.ts";
import { createHttpServer } from "./http-server.ts";
import { createLogger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";
import { portParts } from "./testing/port-parts.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

test("health check: the path is one that processes serve, and the port is the default one", async () => {
  const state = { isAlive: true };
  const server = createHttpServer({
    ...portParts(),
    liveness: { isAlive: () => state.isAlive, lagMs: () => 0, stop: () => {} },
    readiness: () => ({ ready: false, reasons: ["redis: unreachable"] }),
    metrics: createMetrics({ hasProcessMetrics: false }),
    logger: createLogger({ level: "silent", name: "x" }),
  });
  closers.push(() => server.stop());
  const port = await server.listen("127.0.0.1", 0);
  const { pathname, port: checked } = new URL(healthUrl);
  const url = `http://127.0.0.1:${port}${pathname}`;
  expect(await isHealthy(url)).toBe(true);
  state.isAlive = false;
  expect(await isHealthy(url)).toBe(false);
  const defaults = parseConfig("{}", { env: {} });
  expect(defaults).toMatchObject({ ok: true, config: { http: { port: Number(checked) } } });
});

test("health check: nobody there, another path and a connection that is cut are not healthy", async () => {
  const server = createServer((request, response) => {
    if (request.url === "/cut") response.destroy();
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  expect(await isHealthy(`http://127.0.0.1:${port}/cut`)).toBe(false);
  expect(await isHealthy(`http://127.0.0.1:${port}/livez`)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await isHealthy(`http://127.0.0.1:${port}/livez`)).toBe(false);
});
