import { afterEach, expect, test } from "vitest";
import { createHttpServer } from "./http-server.ts";
import type { HttpServer, Readiness } from "./http-server.ts";
import { createLogger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";
import { portParts } from "./testing/port-parts.ts";

const open: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.stop()));
});

async function served() {
  const lines: string[] = [];
  const state: { lagMs: number; readiness: Readiness } = { lagMs: 3, readiness: { ready: true, reasons: [] } };
  const server = createHttpServer({
    ...portParts(),
    liveness: { isAlive: () => state.lagMs < 100, lagMs: () => state.lagMs, stop: () => {} },
    readiness: () => state.readiness,
    metrics: createMetrics({ hasProcessMetrics: false }),
    logger: createLogger({ level: "info", name: "x", destination: { write: (line) => lines.push(line) } }),
  });
  open.push(server);
  const port = await server.listen("127.0.0.1", 0);
  const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init);
  return { server, state, ask, port, lines };
}

test("livez: tells loop progress and turns 503 when the loop stalls", async () => {
  const { ask, state } = await served();
  const alive = await ask("/livez");
  expect(alive.status).toBe(200);
  expect(await alive.json()).toEqual({ alive: true, lagMs: 3 });
  state.lagMs = 5000;
  expect((await ask("/livez")).status).toBe(503);
});

test("livez: an app that is not ready is alive all the same", async () => {
  const { ask, state } = await served();
  state.readiness = { ready: false, reasons: ["redis: unreachable"] };
  expect((await ask("/livez")).status).toBe(200);
});

test("readyz: 200 when ready, 503 with the reasons when not", async () => {
  const { ask, state } = await served();
  expect((await ask("/readyz")).status).toBe(200);
  state.readiness = { ready: false, reasons: ["lease not held", "draining"] };
  const refused = await ask("/readyz");
  expect(refused.status).toBe(503);
  expect(await refused.json()).toEqual({ ready: false, reasons: ["lease not held", "draining"] });
});

test("metrics: served in Prometheus text format", async () => {
  const { ask } = await served();
  const answer = await ask("/metrics");
  expect(answer.headers.get("content-type")).toContain("text/plain; version=0.0.4");
  expect(await answer.text()).toContain("dms_build_info{");
});

test("http: an unknown route is a 404 in JSON, and a large body is refused", async () => {
  const { ask } = await served();
  const missing = await ask("/nothing");
  expect(missing.status).toBe(404);
  expect(await missing.json()).toMatchObject({ error: "not found", path: "/nothing" });
  const large = await ask("/livez", {
    method: "POST",
    body: JSON.stringify("x".repeat(5000)),
    headers: { "content-type": "application/json" },
  });
  expect([404, 413]).toContain(large.status);
  expect(large.headers.get("content-type")).toContain("application/json");
});

test("http: listening is logged once with the real port", async () => {
  const { lines, port } = await served();
  expect(port).toBeGreaterThan(0);
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ event: "http.listening", host: "127.0.0.1", port });
});

test("http: an address in use is one error that names the setting", async () => {
  const { port } = await served();
  const second = createHttpServer({
    ...portParts(),
    liveness: { isAlive: () => true, lagMs: () => 0, stop: () => {} },
    readiness: () => ({ ready: true, reasons: [] }),
    metrics: createMetrics({ hasProcessMetrics: false }),
    logger: createLogger({ level: "silent", name: "x" }),
  });
  open.push(second);
  await expect(second.listen("127.0.0.1", port)).rejects.toThrow(/EADDRINUSE.*http\.port/);
  await expect(second.listen("127.0.0.1", port)).rejects.toMatchObject({ code: "DMS_HTTP_LISTEN_FAILED" });
});

test("http: stop works before listen and twice", async () => {
  const { server, ask } = await served();
  await server.stop();
  await server.stop();
  await expect(ask("/livez")).rejects.toThrow("fetch failed");
});
