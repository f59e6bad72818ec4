import type { MemberId } from "@dms/protocol";
import type { ClusterEvent } from "@dms/rules";
import { expect, test } from "vitest";
import { parseConfig } from "./config/index.ts";
import type { Config } from "./config/index.ts";
import type { ConfigurationAnswer } from "./configuration.ts";
import { DmsError } from "./errors.ts";
import type { Running } from "./lifecycle.ts";
import { runProcess } from "./process.ts";
import type { ProcessContext } from "./process.ts";
import { systemRandom } from "./random.ts";
import { fakeHost } from "./testing/fake-host.ts";
import { handClock } from "./testing/hand-clock.ts";

const defaults = parseConfig("{}", { env: {} });
if (!defaults.ok) throw new Error("the defaults are at fault");
const config: Config = {
  ...defaults.config,
  cluster: { ...defaults.config.cluster, drainDeadlineMs: 1_000 },
  http: { ...defaults.config.http, host: "127.0.0.1", port: 0 },
};

/** An app in memory that notes what is asked of it; each part can be replaced. */
function app(parts: Partial<Running> = {}) {
  const asked: string[] = [];
  const running: Running = {
    drain: async () => void asked.push("drain"),
    stop: async () => void asked.push("stop"),
    readiness: () => ({ ready: true, reasons: [] }),
    ...parts,
  };
  return { asked, running };
}

function launch(
  start: (context: ProcessContext) => Promise<Running>,
  options: { answer?: ConfigurationAnswer; env?: Record<string, string>; silent?: boolean } = {},
) {
  const surroundings = fakeHost(options.env);
  const clock = handClock();
  const lines: string[] = [];
  const chosen = options.silent === true ? { ...config, log: { ...config.log, level: "silent" as const } } : config;
  const launched = runProcess({
    name: "worker",
    argv: [],
    start,
    parts: {
      host: surroundings.host,
      clock,
      random: systemRandom,
      read: () => options.answer ?? { kind: "run", config: chosen, warnings: ["old option"], isSupervised: false },
      log: { write: (line) => lines.push(line) },
    },
  });
  const entries = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const events = () => entries().map((entry) => entry["event"]);
  return { ...surroundings, clock, launched, entries, events };
}

test("process: configuration faults go to standard error alone, and the exit code is 78", async () => {
  const { seen, launched } = launch(async () => app().running, { answer: { kind: "faults", text: "a.yaml:1 x: bad" } });
  await launched;
  expect(seen).toMatchObject({ codes: [78], err: "a.yaml:1 x: bad\n", out: "" });
});

test("process: a text that was asked for is printed, and the exit code is 0", async () => {
  const { seen, launched, events } = launch(async () => app().running, { answer: { kind: "print", text: "ok" } });
  await launched;
  expect(seen).toMatchObject({ codes: [0], err: "", out: "ok\n" });
  expect(events()).toEqual([]);
});

test("process: a signal drains once with an instant, stops, and exits 0", async () => {
  const deadlines: number[] = [];
  const { asked, running } = app({ drain: async (deadline) => void deadlines.push(deadline) });
  const process = launch(async () => running);
  await process.launched;
  expect(process.events()).toEqual(["config.warning", "http.listening", "process.started"]);
  process.clock.advance(5_000);
  process.signal("SIGTERM");
  expect(await process.exited).toBe(0);
  expect(deadlines).toEqual([6_000]);
  expect(asked).toEqual(["stop"]);
  expect(process.events().slice(3)).toEqual(["process.stopping", "process.stopped"]);
  expect(process.clock.pending()).toBe(0);
});

test("process: the signal for a louder log makes it louder, step by step, and then as it was", async () => {
  let logger: ProcessContext["logger"] | undefined;
  const process = launch(async (context) => {
    logger = context.logger;
    return app().running;
  });
  await process.launched;
  const isHeard = (level: "debug" | "trace"): boolean => {
    const before = process.events().length;
    logger?.[level]({ event: "mark" }, "mark");
    return process.events().length > before;
  };
  expect([isHeard("debug"), isHeard("trace")]).toEqual([false, false]);
  process.louder();
  expect([isHeard("debug"), isHeard("trace")]).toEqual([true, false]);
  process.louder();
  expect([isHeard("debug"), isHeard("trace")]).toEqual([true, true]);
  process.louder();
  expect([isHeard("debug"), isHeard("trace")]).toEqual([false, false]);
  expect(process.entries().filter(({ event }) => event === "log.level-changed")).toMatchObject([
    { from: "info", to: "debug", cause: "SIGUSR2" },
    { from: "debug", to: "trace", cause: "SIGUSR2" },
    { from: "trace", to: "info", cause: "SIGUSR2" },
  ]);
  process.signal("SIGTERM");
  await process.exited;
});

test("process: a start that waits says in its probe why, as in its log, until it runs", async () => {
  const opened = Promise.withResolvers<Running>();
  const process = launch(({ waiting }) => {
    waiting("waiting for Redis: start it");
    waiting("waiting for Redis: correct redis.password");
    return opened.promise;
  });
  const port = await listening(process.entries);
  const reasons = async () =>
    ((await (await fetch(`http://127.0.0.1:${port}/readyz`)).json()) as { reasons: string[] }).reasons;
  expect(await reasons()).toEqual(["starting", "waiting for Redis: correct redis.password"]);
  const lines = process.entries().filter(({ event }) => event === "waiting");
  expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
    ["warn", "waiting for Redis: start it"],
    ["warn", "waiting for Redis: correct redis.password"],
  ]);
  opened.resolve(app({ readiness: () => ({ ready: false, reasons: ["no lease"] }) }).running);
  await process.launched;
  expect(await reasons()).toEqual(["no lease"]);
  process.signal("SIGTERM");
  expect(await process.exited).toBe(0);
});

test("process: probes tell starting, ready and draining", async () => {
  const opened = Promise.withResolvers<Running>();
  const drained = Promise.withResolvers<void>();
  const process = launch(() => opened.promise);
  const port = await listening(process.entries);
  const ready = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
    return { status: answer.status, body: await answer.json() };
  };
  expect(await ready()).toEqual({ status: 503, body: { ready: false, reasons: ["starting"] } });
  opened.resolve(app({ drain: () => drained.promise }).running);
  await process.launched;
  expect((await ready()).status).toBe(200);
  process.signal("SIGTERM");
  expect(await ready()).toEqual({ status: 503, body: { ready: false, reasons: ["draining"] } });
  drained.resolve();
  expect(await process.exited).toBe(0);
});

/** The port, once the log says that the process listens. */
async function listening(entries: () => Record<string, unknown>[]): Promise<number> {
  const port = () => entries().find((entry) => entry["event"] === "http.listening")?.["port"];
  await expect.poll(port).toBeTypeOf("number");
  return Number(port());
}

test("process: a drain that is late is given up at its deadline", async () => {
  const { asked, running } = app({ drain: () => new Promise(() => {}) });
  const process = launch(async () => running);
  await process.launched;
  process.signal("SIGINT");
  process.clock.advance(999);
  expect(asked).toEqual([]);
  process.clock.advance(1);
  expect(await process.exited).toBe(0);
  expect(asked).toEqual(["stop"]);
  expect(process.events()).toContain("process.drain-late");
});

test("process: a drain that fails is followed by the stop and exit code 1", async () => {
  const { asked, running } = app({ drain: () => Promise.reject(new Error("no redis")) });
  const process = launch(async () => running);
  await process.launched;
  process.signal("SIGTERM");
  expect(await process.exited).toBe(1);
  expect(asked).toEqual(["stop"]);
});

test.for([
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)("process: a second %s exits at once with %i, but not the echo of the first", async ([signal, code]) => {
  const process = launch(async () => app({ drain: () => new Promise(() => {}) }).running);
  await process.launched;
  process.signal(signal);
  process.clock.advance(10);
  process.signal(signal);
  expect(process.seen.codes).toEqual([]);
  process.clock.advance(600);
  process.signal(signal);
  expect(process.seen.codes).toEqual([code]);
});

test("process: a signal while starting aborts the start, and what it still gives is drained", async () => {
  const { asked, running } = app();
  const process = launch(
    ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(running))),
  );
  await listening(process.entries);
  process.signal("SIGTERM");
  expect(await process.exited).toBe(0);
  expect(asked).toEqual(["drain", "stop"]);
});

test("process: a start that ignores its signal is left behind after five seconds", async () => {
  const process = launch(() => new Promise(() => {}));
  await listening(process.entries);
  process.signal("SIGTERM");
  await expect.poll(() => process.events()).toContain("process.stopping");
  process.clock.advance(5_000);
  expect(await process.exited).toBe(0);
});

test("process: a failed start is one fatal line without a stack, and exit code 1", async () => {
  const process = launch(() =>
    Promise.reject(new DmsError("DMS_REDIS_UNAVAILABLE", "cannot reach Redis at 127.0.0.1:6379")),
  );
  expect(await process.exited).toBe(1);
  const fatal = process.entries().filter((entry) => entry["level"] === "fatal");
  expect(fatal).toHaveLength(1);
  expect(fatal[0]).toMatchObject({ msg: "worker: cannot start: cannot reach Redis at 127.0.0.1:6379" });
  expect(JSON.stringify(fatal[0])).not.toContain("process.test.ts");
});

test.for(["start", "uncaught"] as const)("process: a broken invariant (%s) exits 70 at once", async (where) => {
  const broken = new DmsError("DMS_INVARIANT_BROKEN", "invariant broken: I4 two owners");
  const { asked, running } = app();
  const process = launch(() => (where === "start" ? Promise.reject(broken) : Promise.resolve(running)));
  await process.launched;
  if (where === "uncaught") process.throwUncaught(broken);
  expect(await process.exited).toBe(70);
  expect(asked).toEqual([]);
  const fatal = process.entries().filter((entry) => entry["level"] === "fatal");
  expect(fatal).toHaveLength(1);
  expect(fatal[0]?.["stack"]).toContain("process.test.ts");
});

test("process: a cluster that was founded otherwise while it ran is no broken code: exit code 78, and no stack", async () => {
  const process = launch(async () => app().running);
  await process.launched;
  process.throwUncaught(new DmsError("DMS_CLUSTER_DIFFERS", "founded with 4 partitions"));
  expect(await process.exited).toBe(78);
  const [fatal] = process.entries().filter((entry) => entry["level"] === "fatal");
  expect([fatal?.["msg"], fatal?.["stack"]]).toEqual(["worker: cannot go on: founded with 4 partitions", undefined]);
});

test("process: a silent log still says on standard error why the process died", async () => {
  const process = launch(() => Promise.reject(new Error("no redis")), { silent: true });
  expect(await process.exited).toBe(1);
  expect(process.seen.err).toBe("worker: cannot start: no redis\n");
  expect(process.entries()).toEqual([]);
});

test("process: a process whose supervisor is gone drains and exits", async () => {
  const { asked, running } = app();
  const process = launch(async () => running);
  await process.launched;
  process.orphan();
  expect(await process.exited).toBe(0);
  expect(asked).toEqual(["drain", "stop"]);
});

test("process: the context carries name and instance, and announces members to the supervisor", async () => {
  let context: ProcessContext | undefined;
  const process = launch(
    async (given) => {
      context = given;
      return app().running;
    },
    { env: { DMS_INSTANCE: "instance-1" } },
  );
  await process.launched;
  expect(context).toMatchObject({ name: "host-1", identity: { name: "host-1", instance: "instance-1" } });
  const seen: ClusterEvent[] = [];
  const joined = { type: "member-joined", member: "host-1.abc" as MemberId, role: "worker" } as const;
  context?.observed((event) => seen.push(event))(joined);
  expect(seen).toEqual([joined]);
  expect(process.seen.sent).toEqual([{ type: "member", member: "host-1.abc" }]);
  process.signal("SIGTERM");
  await process.exited;
});
