import type { JobCard, JobFacts, Jobs } from "@dms/rules";
import {
  AdminCalls,
  createHttpServer,
  createLiveness,
  createLogger,
  createMetrics,
  DmsError,
  systemClock,
} from "@dms/runtime";
import { afterEach, beforeEach, expect, test } from "vitest";
import { serveJobs } from "./job-calls.ts";

const card: JobCard = {
  id: "1",
  name: "redrive",
  state: "completed",
  asked: {},
  saved: null,
  result: { matched: 1 },
  fault: "",
  runs: 1,
  addedAt: 0,
  endedAt: 1000,
};

let added: [string, JobFacts][] = [];
let isAway = false;
const answer = async <T>(value: T): Promise<T> => {
  if (isAway) throw new DmsError("DMS_REDIS_UNAVAILABLE", "Redis did not answer", { retryable: true });
  return value;
};
const jobs: Jobs = {
  add: (name, asked) => {
    added.push([name, asked]);
    return answer("7");
  },
  find: (id) => answer(id === "1" ? card : null),
  recent: () => answer([card]),
};

const logger = createLogger({ level: "silent", name: "test" });
let url = "";
let admin: AdminCalls;
let server: ReturnType<typeof createHttpServer>;

beforeEach(async () => {
  added = [];
  isAway = false;
  admin = new AdminCalls();
  server = createHttpServer({
    liveness: createLiveness(systemClock),
    readiness: () => ({ ready: true, reasons: [] }),
    metrics: createMetrics({ hasProcessMetrics: false }),
    logger,
    clock: systemClock,
    log: undefined as never,
    admin,
    requestsPerSecond: 1000,
  });
  url = `http://127.0.0.1:${await server.listen("127.0.0.1", 0)}`;
});

afterEach(() => server.stop());

async function call(method: string, path: string, body?: unknown): Promise<[status: number, body: unknown]> {
  const response = await fetch(`${url}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  return [response.status, await response.json()];
}

test("before the app serves them, the calls are unknown; then they are listed", async () => {
  expect((await call("GET", "/admin/jobs"))[0]).toBe(404);
  serveJobs(admin, jobs);
  expect((await call("GET", "/admin/jobs"))[0]).toBe(200);
  expect(await call("GET", "/admin/none")).toMatchObject([404, { known: expect.arrayContaining(["/admin/jobs"]) }]);
});

test("a job is asked for with its defaults filled in", async () => {
  serveJobs(admin, jobs);
  expect(await call("POST", "/admin/jobs", { job: "redrive" })).toEqual([202, { id: "7" }]);
  expect(added).toEqual([
    ["redrive", { reasons: ["rejected", "crashing"], "per-second": 100, "count-max": 1_000_000, "dry-run": false }],
  ]);
});

test.each([
  [{}, "job"],
  [{ job: "tidy" }, "job"],
  [{ job: "redrive", reasons: ["reply-rejected"] }, "reasons"],
  [{ job: "discard" }, "reasons"],
  [{ job: "redrive", since: "yesterday" }, "since"],
  [{ job: "redrive", typo: 1 }, "typo"],
  [{ job: "redrive", conversation: "c1" }, "conversation: must be <channel>:<id at the hub>"],
  [{ job: "redrive", conversation: "whatsapp:" }, "conversation"],
])("%j is refused, and the answer names %s", async (body, named) => {
  serveJobs(admin, jobs);
  const [status, answered] = await call("POST", "/admin/jobs", body);
  expect([status, JSON.stringify(answered)]).toEqual([400, expect.stringContaining(named)]);
  expect(added).toEqual([]);
});

test("a channel that is not configured is refused, and the answer names those that are", async () => {
  serveJobs(admin, jobs, ["sms", "whatsapp"]);
  expect(await call("POST", "/admin/jobs", { job: "redrive", channel: "whatsap" })).toEqual([
    400,
    { error: "channel: there is no whatsap; there is sms, whatsapp" },
  ]);
  expect(added).toEqual([]);
  const asked = { job: "redrive", channel: "whatsapp", conversation: "whatsapp:c1" };
  expect(await call("POST", "/admin/jobs", asked)).toEqual([202, { id: "7" }]);
});

test("jobs are shown, one or the newest, with times that people read", async () => {
  serveJobs(admin, jobs);
  const shown = {
    id: "1",
    state: "completed",
    addedAt: "1970-01-01T00:00:00.000Z",
    endedAt: "1970-01-01T00:00:01.000Z",
  };
  expect(await call("GET", "/admin/jobs")).toMatchObject([200, [shown]]);
  expect(await call("GET", "/admin/jobs/1")).toMatchObject([200, shown]);
  expect(await call("GET", "/admin/jobs/2")).toMatchObject([404, { error: "there is no job 2" }]);
});

test("while Redis is away the answer is 503 with the code", async () => {
  serveJobs(admin, jobs);
  isAway = true;
  expect(await call("POST", "/admin/jobs", { job: "redrive" })).toMatchObject([503, { code: "DMS_REDIS_UNAVAILABLE" }]);
});
