import { request as httpRequest } from "node:http";
import { fastify } from "fastify";
import { afterEach, expect, test } from "vitest";
import { guardAdmin } from "./admin-guard.ts";
import { createHttpServer } from "./http-server.ts";
import type { HttpServer } from "./http-server.ts";
import { LevelGate } from "./log/level-gate.ts";
import { LogControl } from "./log/log-control.ts";
import { createLogger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";
import { handClock } from "./testing/hand-clock.ts";

const open: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.stop()));
});

const token = "a-token-of-the-operator";

async function served(options: { adminToken?: string; requestsPerSecond?: number } = {}) {
  const { adminToken, requestsPerSecond = 1000 } = options;
  const lines: string[] = [];
  const clock = handClock();
  const gate = new LevelGate("info");
  const logger = createLogger({ level: gate, name: "x", destination: { write: (line: string) => lines.push(line) } });
  const metrics = createMetrics({ hasProcessMetrics: false });
  const server = createHttpServer({
    liveness: { isAlive: () => true, lagMs: () => 0, stop: () => {} },
    readiness: () => ({ ready: true, reasons: [] }),
    metrics,
    logger,
    clock,
    log: new LogControl(gate, logger, clock),
    requestsPerSecond,
    adminToken,
  });
  open.push(server);
  const port = await server.listen("127.0.0.1", 0);
  const ask = (path: string, init: Ask = {}) => askAt(port, path, init);
  return { ask, lines, clock, gate, metrics };
}

interface Ask {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
}

/** With any Host header, which `fetch` does not let a test choose. */
function askAt(port: number, path: string, { method = "GET", headers = {}, body }: Ask) {
  return new Promise<{ status: number; json: unknown }>((resolve, reject) => {
    const type = body === undefined ? {} : { "content-type": "application/json" };
    const sent = httpRequest(
      { host: "127.0.0.1", port, path, method, headers: { ...type, ...headers } },
      (response) => {
        response.toArray().then((chunks) => {
          const text = Buffer.concat(chunks as Buffer[]).toString();
          resolve({ status: response.statusCode ?? 0, json: JSON.parse(text) as unknown });
        }, reject);
      },
    );
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

test("admin: without a token this machine may look at the level and change it for a while", async () => {
  const { ask, gate, clock } = await served();
  expect(await ask("/admin/log-level")).toEqual({ status: 200, json: { level: "info", configured: "info" } });
  const changed = await ask("/admin/log-level", { method: "PUT", body: { level: "debug", "for-seconds": 60 } });
  expect(changed).toEqual({ status: 200, json: { level: "debug", configured: "info", revertsInSeconds: 60 } });
  expect(gate.level).toBe("debug");
  clock.advance(60_000);
  expect(gate.level).toBe("info");
});

test.each([
  ["another name in Host, as a rebound web page has", { host: "evil.example" }],
  ["an Origin", { origin: "http://localhost:4100" }],
  ["a proxy's X-Forwarded-For", { "x-forwarded-for": "10.0.0.1" }],
  ["a proxy's Forwarded", { forwarded: "for=10.0.0.1" }],
])("admin: without a token, %s is refused", async (_, headers) => {
  const { ask, gate } = await served();
  const refused = await ask("/admin/log-level", { method: "PUT", body: { level: "trace" }, headers });
  expect(refused).toMatchObject({ status: 403 });
  expect(gate.level).toBe("info");
});

/** What a guarded route answers to a peer at this address, which no connection of this machine can have. */
async function askFrom(address: string, options: { adminToken?: string; authorization?: string } = {}) {
  const app = fastify();
  const logger = createLogger({ level: "silent", name: "x" });
  guardAdmin(app, { token: options.adminToken, clock: handClock(), logger, onRefused: () => undefined });
  app.get("/admin/x", () => "in");
  const { authorization } = options;
  const headers = { host: "localhost", ...(authorization === undefined ? {} : { authorization }) };
  const answer = await app.inject({ url: "/admin/x", remoteAddress: address, headers });
  await app.close();
  return answer.statusCode;
}

test.each(["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "0.0.0.0", "::", "::ffff:0.127.0.1"])(
  "admin: without a token a peer at %s is refused, though it asks for localhost, and with one it needs that token",
  async (address) => {
    expect(await askFrom(address)).toBe(403);
    expect(await askFrom(address, { authorization: `Bearer ${token}` })).toBe(403);
    expect(await askFrom(address, { adminToken: token })).toBe(401);
    expect(await askFrom(address, { adminToken: token, authorization: "Bearer another-token-than-it" })).toBe(401);
    expect(await askFrom(address, { adminToken: token, authorization: `Bearer ${token}` })).toBe(200);
  },
);

test.each(["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])(
  "admin: without a token a peer at %s is this machine and let in",
  async (address) => {
    expect(await askFrom(address)).toBe(200);
  },
);

test("admin: with a token nobody is let in without it, this machine neither, and the log does not show what was tried", async () => {
  const { ask, lines, metrics } = await served({ adminToken: token });
  expect((await ask("/admin/log-level")).status).toBe(401);
  const tried = { authorization: "Bearer planted-wrong-token" };
  expect((await ask("/admin/log-level", { headers: tried })).status).toBe(401);
  expect((await ask("/admin/log-level", { headers: { authorization: `Basic ${token}` } })).status).toBe(401);
  expect((await ask("/admin/log-level", { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
  expect(lines.join("")).toContain("admin.refused");
  expect(lines.join("")).not.toMatch(/planted|operator/);
  expect(await metrics.text()).toContain('dms_http_refused_total{reason="admin"} 3');
});

test("admin: who tries token after token is soon heard no more, until time has passed", async () => {
  const { ask, clock } = await served({ adminToken: token });
  const wrong = { authorization: "Bearer planted-wrong-token" };
  const statuses = [];
  for (let i = 0; i < 7; i++) statuses.push((await ask("/admin/log-level", { headers: wrong })).status);
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
  const right = { authorization: `Bearer ${token}` };
  expect((await ask("/admin/log-level", { headers: right })).status).toBe(429);
  expect((await ask("/livez")).status).toBe(200);
  clock.advance(120_000);
  expect((await ask("/admin/log-level", { headers: right })).status).toBe(200);
});

test.each([{ level: "loud" }, {}, { level: "debug", "for-seconds": 0 }, { level: "debug", forever: true }, []])(
  "admin: a change that makes no sense (%j) is refused with what would",
  async (body) => {
    const { ask, gate } = await served();
    const refused = await ask("/admin/log-level", { method: "PUT", body });
    expect(refused).toMatchObject({ status: 400, json: { error: expect.stringContaining("silent, fatal") as string } });
    expect(gate.level).toBe("info");
  },
);

test("http: an address that comes too often is refused for a while, with the time to wait", async () => {
  const { ask, clock, metrics } = await served({ requestsPerSecond: 2 });
  const statuses = [];
  for (let i = 0; i < 6; i++) statuses.push((await ask("/livez")).status);
  expect(statuses).toEqual([200, 200, 200, 200, 429, 429]);
  clock.advance(500);
  expect((await ask("/livez")).status).toBe(200);
  expect((await ask("/livez")).status).toBe(429);
  clock.advance(60_000);
  expect(await metrics.text()).toContain('dms_http_refused_total{reason="rate"} 3');
});
