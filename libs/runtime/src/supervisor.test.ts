import { expect, test } from "vitest";
import type { SupervisedChild } from "./child-process.ts";
import { createLogger } from "./logger.ts";
import { supervise } from "./supervisor.ts";
import type { Death } from "./supervisor.ts";
import { fakeHost } from "./testing/fake-host.ts";
import { handClock } from "./testing/hand-clock.ts";

interface FakeChild extends SupervisedChild {
  instance: string;
  signals: string[];
  die(code: number): void;
  say(message: unknown): void;
}

function supervised(reportDeath?: (death: Death) => Promise<void>, platformInstance?: string) {
  const surroundings = fakeHost();
  const clock = handClock();
  const children: FakeChild[] = [];
  const deaths: Death[] = [];
  const prepared: number[] = [];
  const lines: string[] = [];
  const code = supervise({
    clock,
    random: { token: () => "x", fraction: () => 0.999 },
    logger: createLogger({ level: "info", name: "x", destination: { write: (line) => lines.push(line) } }),
    host: surroundings.host,
    ...(platformInstance === undefined ? {} : { instance: platformInstance }),
    spawn: (instance) => {
      const child = fakeChild(instance);
      children.push(child);
      return child;
    },
    prepareReport: async () => void prepared.push(clock.monotonic()),
    reportDeath: reportDeath ?? (async (death) => void deaths.push(death)),
  });
  /** Waits for the promises under way to be followed; the clock stands. */
  const child = async (index: number): Promise<FakeChild> => {
    await expect.poll(() => children.length).toBeGreaterThan(index);
    return children[index] as FakeChild;
  };
  const events = () => lines.map((line) => (JSON.parse(line) as { event: string }).event);
  const waits = () =>
    lines.map((line) => (JSON.parse(line) as { waitMs?: number }).waitMs).filter((waitMs) => waitMs !== undefined);
  return { ...surroundings, clock, children, child, deaths, prepared, code, events, waits };
}

function fakeChild(instance: string): FakeChild {
  const exit = Promise.withResolvers<number>();
  const actions: ((message: unknown) => void)[] = [];
  const signals: string[] = [];
  return {
    pid: 1,
    instance,
    signals,
    exited: exit.promise,
    onMessage: (action) => actions.push(action),
    pass: (signal) => signals.push(signal),
    die: exit.resolve,
    say: (message) => actions.forEach((action) => action(message)),
  };
}

test("supervisor: a death is reported for every member that the child announced, then a child is started again", async () => {
  const run = supervised();
  const first = await run.child(0);
  first.say({ type: "member", member: "w.1.abc" });
  first.say({ type: "member", member: "w.1.abc" });
  first.say({ type: "member", member: "w.1.def" });
  first.say({ type: "other" });
  first.say(null);
  first.die(137);
  await expect.poll(() => run.waits()).toHaveLength(1);
  expect(run.deaths).toEqual([
    { member: "w.1.abc", name: "w.1" },
    { member: "w.1.def", name: "w.1" },
  ]);
  run.clock.advance(100);
  const second = await run.child(1);
  expect(second.instance).toBe(first.instance);
  expect(first.instance).toMatch(/^[0-9a-f-]{36}$/);
  run.signal("SIGTERM");
  second.die(0);
  expect(await run.code).toBe(0);
});

test("supervisor: the wait doubles up to its bound and begins anew after a child that ran a while", async () => {
  const run = supervised();
  for (let index = 0; index < 9; index++) {
    (await run.child(index)).die(1);
    await expect.poll(() => run.waits()).toHaveLength(index + 1);
    run.clock.advance(10_000);
  }
  expect(run.waits()).toEqual([100, 200, 400, 800, 1_599, 3_198, 6_397, 9_995, 9_995]);
  const settled = await run.child(9);
  run.clock.advance(30_000);
  settled.die(1);
  await expect.poll(() => run.waits()).toHaveLength(10);
  expect(run.waits().at(-1)).toBe(100);
  run.signal("SIGINT");
  expect(await run.code).toBe(0);
});

test.for(["SIGTERM", "SIGINT"] as const)(
  "supervisor: %s is passed on, each time, and the child's code is the answer",
  async (signal) => {
    const run = supervised();
    const child = await run.child(0);
    child.say({ type: "member", member: "w.abc" });
    run.signal(signal);
    run.signal(signal);
    expect(child.signals).toEqual([signal, signal]);
    child.die(143);
    expect(await run.code).toBe(143);
    expect(run.children).toHaveLength(1);
  },
);

test("supervisor: the signal for a louder log is passed on to the child that runs, and is no wish to stop", async () => {
  const run = supervised();
  const first = await run.child(0);
  run.louder();
  expect(first.signals).toEqual(["SIGUSR2"]);
  first.die(137);
  await expect.poll(() => run.waits()).toHaveLength(1);
  run.louder();
  run.clock.advance(100);
  const second = await run.child(1);
  run.louder();
  expect([first.signals, second.signals]).toEqual([["SIGUSR2"], ["SIGUSR2"]]);
  run.signal("SIGTERM");
  second.die(0);
  expect(await run.code).toBe(0);
});

test("supervisor: a child that died of a passed-on signal without leaving is reported all the same", async () => {
  const run = supervised();
  const child = await run.child(0);
  child.say({ type: "member", member: "w.abc" });
  run.signal("SIGTERM");
  child.die(143);
  await run.code;
  expect(run.deaths).toEqual([{ member: "w.abc", name: "w" }]);
});

test("supervisor: whoever started it over a channel is gone: its child is told to stop, and no other is started", async () => {
  const run = supervised();
  const child = await run.child(0);
  run.orphan();
  expect(child.signals).toEqual(["SIGTERM"]);
  child.die(0);
  expect(await run.code).toBe(0);
});

test("supervisor: a signal while a death is reported ends it as planned, for nothing was left to stop", async () => {
  const report = Promise.withResolvers<void>();
  const run = supervised(() => report.promise);
  const child = await run.child(0);
  child.say({ type: "member", member: "w.abc" });
  child.die(137);
  await expect.poll(() => run.clock.pending()).toBeGreaterThan(0);
  run.signal("SIGTERM");
  report.resolve();
  expect(await run.code).toBe(0);
  expect(run.events()).not.toContain("supervisor.child-died");
});

test.for([
  [0, "a planned stop"],
  [78, "a faulty configuration"],
] as const)("supervisor: exit code %i (%s) is not answered by a restart", async ([code]) => {
  const run = supervised();
  (await run.child(0)).die(code);
  expect(await run.code).toBe(code);
  expect(run.children).toHaveLength(1);
  expect(run.deaths).toEqual([]);
});

test("supervisor: a child told to stop before it had joined anything stopped as planned", async () => {
  const run = supervised();
  const child = await run.child(0);
  run.signal("SIGTERM");
  child.die(143);
  await expect(run.code).resolves.toBe(0);
});

test("supervisor: a report that fails or hangs delays the restart by its bound at most", async () => {
  const failing = supervised(() => Promise.reject(new Error("no redis")));
  const hanging = supervised(() => new Promise(() => {}));
  for (const run of [failing, hanging]) {
    const child = await run.child(0);
    child.say({ type: "member", member: "w.abc" });
    child.die(137);
    // The report's bound must be armed before the clock moves.
    await expect.poll(() => run.clock.pending() + run.waits().length).toBeGreaterThan(0);
    run.clock.advance(2_000);
    await expect.poll(() => run.events()).toContain("supervisor.death-not-reported");
    await expect.poll(() => run.waits()).toHaveLength(1);
    run.clock.advance(10_000);
    await run.child(1);
  }
});

test("supervisor: the platform's id of the place goes to every child, so that the next supervisor there proves this one's death", async () => {
  const run = supervised(undefined, "pod-uid");
  const first = await run.child(0);
  first.die(137);
  await expect.poll(() => run.waits()).toHaveLength(1);
  run.clock.advance(100);
  const second = await run.child(1);
  expect([first.instance, second.instance]).toEqual(["pod-uid", "pod-uid"]);
  run.signal("SIGTERM");
  second.die(0);
  expect(await run.code).toBe(0);
});

test("supervise: it gets ready to report once, as soon as there is a member that could die, and before it does", async () => {
  const run = supervised();
  const first = await run.child(0);
  expect(run.prepared).toHaveLength(0);
  first.say({ type: "member", member: "w.a" });
  expect(run.prepared).toHaveLength(1);
  expect(run.deaths).toEqual([]);
  first.die(137);
  await expect.poll(() => run.waits()).toHaveLength(1);
  run.clock.advance(100);
  const second = await run.child(1);
  second.say({ type: "member", member: "w.b" });
  expect(run.prepared).toHaveLength(1);
  run.signal("SIGTERM");
  second.die(0);
  expect(await run.code).toBe(0);
});
