import { afterEach, beforeEach, expect, test } from "vitest";
import { AdminCalls } from "./admin-calls.ts";
import { createHttpServer, type HttpServer } from "./http-server.ts";
import { LevelGate } from "./log/level-gate.ts";
import { LogControl } from "./log/log-control.ts";
import { createLogger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";
import { handClock } from "./testing/hand-clock.ts";

let admin: AdminCalls;
let server: HttpServer;
let url = "";

beforeEach(async () => {
  admin = new AdminCalls();
  const clock = handClock();
  const gate = new LevelGate("silent");
  const logger = createLogger({ level: gate, name: "x" });
  server = createHttpServer({
    liveness: { isAlive: () => true, lagMs: () => 0, stop: () => {} },
    readiness: () => ({ ready: true, reasons: [] }),
    metrics: createMetrics({ hasProcessMetrics: false }),
    logger,
    clock,
    log: new LogControl(gate, logger, clock),
    requestsPerSecond: 1000,
    admin,
  });
  url = `http://127.0.0.1:${await server.listen("127.0.0.1", 0)}`;
});

afterEach(() => server.stop());

async function ask(method: string, path: string) {
  const response = await fetch(`${url}${path}`, { method });
  return { status: response.status, allow: response.headers.get("allow"), body: (await response.json()) as unknown };
}

function serveThings(): void {
  admin.serve("GET", "things", async () => ({ status: 200, body: [] }));
  admin.serve("POST", "things", async () => ({ status: 202, body: {} }));
  admin.serve("GET", "things/:", async ({ rest }) => ({ status: 200, body: { rest } }));
}

test("a path with one more part is answered, and listed as a person would write it", async () => {
  serveThings();
  expect(await ask("GET", "/admin/things/7")).toMatchObject({ status: 200, body: { rest: "7" } });
  const known = expect.arrayContaining(["/admin/things", "/admin/things/<id>"]) as string[];
  expect(await ask("GET", "/nope")).toMatchObject({ status: 404, body: { known } });
});

test.each([
  ["POST", "/admin/log-level", "GET, PUT"],
  ["DELETE", "/admin/things", "GET, POST"],
  ["POST", "/admin/things/7", "GET"],
])("%s %s is not unknown but not allowed: %s are", async (method, path, allow) => {
  serveThings();
  const refused = await ask(method, path);
  expect(refused).toMatchObject({ status: 405, allow, body: { path, allowed: allow.split(", ") } });
});

test("a process without jobs says who has them; what nobody has stays unknown", async () => {
  const error = expect.stringContaining("ask a dispatcher") as string;
  expect(await ask("POST", "/admin/jobs")).toMatchObject({ status: 404, body: { error } });
  expect(await ask("GET", "/admin/jobs/1")).toMatchObject({ status: 404, body: { error } });
  expect(await ask("GET", "/admin/none")).toMatchObject({ status: 404, body: { error: "not found" } });
  admin.serve("GET", "jobs", async () => ({ status: 200, body: [] }));
  expect(await ask("GET", "/admin/jobs")).toMatchObject({ status: 200 });
});
