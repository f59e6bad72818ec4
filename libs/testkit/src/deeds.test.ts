import { expect, test } from "vitest";
import type { AppExit, AppName, AppProcess } from "./app-process.ts";
import type { LogEvent } from "./app-log.ts";
import { DeedLog } from "./deeds.ts";

/** A process of which a test says what happens to it. */
function scripted(app: AppName, isSupervised = false) {
  const events: ((event: LogEvent) => void)[] = [];
  const signals: ((signal: NodeJS.Signals) => void)[] = [];
  const exit = Promise.withResolvers<AppExit>();
  const fake: Partial<AppProcess> = {
    app,
    name: `${app}-1`,
    exited: exit.promise,
    onEvent: (listener) => {
      events.push(listener);
      return () => undefined;
    },
    onSignal: (listener) => void signals.push(listener),
  };
  const log = new DeedLog();
  log.watch(fake as AppProcess, { isSupervised });
  return {
    log,
    says: (event: string, more: Record<string, unknown> = {}) => events.forEach((each) => each({ event, ...more })),
    gets: (signal: NodeJS.Signals) => signals.forEach((each) => each(signal)),
    exits: async (code: number | null) => {
      exit.resolve({ code, signal: null, at: 0 });
      await exit.promise;
    },
    told: () =>
      log.facts.map(({ kind, member, isProved, endedAt }) => ({ kind, member, isProved, isOver: endedAt !== null })),
  };
}

test("a worker that joins and is killed has died once, as the member that it was, proved where it is supervised", async () => {
  const plain = scripted("worker");
  plain.says("member-joined", { member: "w.a" });
  plain.gets("SIGKILL");
  await plain.exits(null);
  expect(plain.told()).toMatchObject([
    { kind: "join" },
    { kind: "death", member: "w.a", isProved: false, isOver: true },
  ]);
  const supervised = scripted("worker", true);
  supervised.says("member-joined", { member: "w.a" });
  supervised.gets("SIGKILL");
  supervised.says("supervisor.child-died");
  supervised.says("member-joined", { member: "w.b" });
  // Killed from outside this time.
  supervised.says("supervisor.child-died");
  expect(supervised.told().filter(({ kind }) => kind === "death")).toMatchObject([
    { member: "w.a", isProved: true },
    { member: "w.b", isProved: true },
  ]);
});

test("a freeze lasts until the thaw, and a planned stop until the exit, with its code", async () => {
  const { log, says, gets, exits, told } = scripted("worker");
  says("member-joined", { member: "w.a" });
  gets("SIGSTOP");
  expect(told().at(-1)).toMatchObject({ kind: "freeze", isOver: false });
  gets("SIGCONT");
  expect(told().at(-1)).toMatchObject({ kind: "freeze", isOver: true });
  gets("SIGTERM");
  await exits(0);
  expect(told().filter(({ kind }) => kind === "death")).toEqual([]);
  expect(log.facts.at(-1)).toMatchObject({ kind: "stop", member: "w.a", exitCode: 0 });
});

test("a chat server or hub that is killed or frozen is an outage until it is ready or thawed", async () => {
  const hub = scripted("hub-mock");
  hub.gets("SIGKILL");
  await hub.exits(null);
  expect(hub.told()).toMatchObject([{ kind: "outage", isOver: false }]);
  hub.log.isReady("hub-mock-1");
  expect(hub.told()).toMatchObject([{ kind: "outage", isOver: true }]);
  const chat = scripted("chat-mock");
  chat.gets("SIGSTOP");
  chat.gets("SIGCONT");
  expect(chat.told()).toMatchObject([{ kind: "outage", isOver: true }]);
});

test("of a process that is both, the worker is the member that dies", () => {
  const { says, gets, told } = scripted("single");
  says("member-joined", { member: "s.w", role: "worker" });
  says("member-joined", { member: "s.d", role: "dispatcher" });
  gets("SIGKILL");
  expect(told().at(-1)).toMatchObject({ kind: "death", member: "s.w" });
});

test("the end of the cluster itself is nobody's deed", async () => {
  const { log, gets, exits, told } = scripted("worker");
  log.isOver = true;
  gets("SIGKILL");
  await exits(null);
  expect(told()).toEqual([]);
});
