import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";

interface Line {
  event: string;
  pid: number;
  member?: string;
  instance?: string;
}

const script = fileURLToPath(new URL("./testing/supervised-app.ts", import.meta.url));
// Each test starts up to three Nodes, a second or more on a busy machine.
const budget = { timeout: 60_000 };
const started: ChildProcess[] = [];
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Starts the small app; `next` answers the next line of it, or of a child that shares its output, with this event. */
function start(...argv: string[]) {
  const child = spawn(process.execPath, [script, ...argv], { stdio: ["ignore", "pipe", "inherit"] });
  started.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (event: string): Promise<Line> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`the output ended before ${event}`);
      const line = JSON.parse(value) as Line;
      if (line.event === event) return line;
    }
  };
  /** The events of all further lines, once the output has ended. */
  const rest = async (): Promise<string[]> => {
    const events: string[] = [];
    for (let line = await lines.next(); line.done !== true; line = await lines.next())
      events.push((JSON.parse(line.value) as Line).event);
    return events;
  };
  return { child, next, rest, exited: once(child, "exit") as Promise<[number | null, string | null]> };
}

test("chassis: a real SIGTERM drains a real process, which exits 0", budget, async () => {
  const { child, next, exited } = start();
  await next("process.started");
  child.kill("SIGTERM");
  await next("app.drained");
  expect(await exited).toEqual([0, null]);
});

test("chassis: of a log that may wait in memory no line is missing after an orderly exit", budget, async () => {
  const { child, next, rest, exited } = start("--buffered");
  await next("process.started");
  child.kill("SIGTERM");
  expect(await rest()).toEqual([
    "process.stopping",
    ...Array<string>(100).fill("app.counted"),
    "app.drained",
    "process.stopped",
  ]);
  expect(await exited).toEqual([0, null]);
});

const full = "/dev/full";

// Linux has a device that is always full; elsewhere these are left out.
test.skipIf(!existsSync(full)).each([false, true])(
  "chassis: a log on a full disk keeps no process that cannot start, where there is /dev/full (buffering: %s)",
  budget,
  async (buffering) => {
    const { exited } = start(`--log=all: ${full}, buffering: ${buffering}`, "--fail");
    expect(await exited).toEqual([1, null]);
  },
);

test.skipIf(!existsSync(full)).each([false, true])(
  "chassis: a log on a full disk keeps no process that is told to stop, where there is /dev/full (buffering: %s)",
  budget,
  async (buffering) => {
    const { child, next, exited } = start(`--log=all: [${full}, stdout], buffering: ${buffering}`);
    await next("process.started");
    child.kill("SIGTERM");
    await next("process.stopped");
    expect(await exited).toEqual([0, null]);
  },
);

test.each([false, true])(
  "chassis: a reader of the log that is gone keeps no process that is told to stop (buffering: %s)",
  budget,
  async (buffering) => {
    const { child, next, exited } = start(`--log=buffering: ${buffering}`);
    await next("process.started");
    child.stdout.destroy();
    await once(child.stdout, "close");
    child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
  },
);

/** Starts a program with an output that lives and that nobody reads. */
const unread = {
  // What a parent reads is a socket in Node.
  socket: (argv: string[]) => spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] }),
  pipe: (argv: string[], folder: string) => {
    const name = join(folder, "pipe");
    execFileSync("mkfifo", [name]);
    const fd = openSync(name, constants.O_RDWR);
    cleanups.push(() => closeSync(fd));
    return spawn(process.execPath, argv, { stdio: ["ignore", fd, "inherit"] });
  },
  // What `script` cannot write stays in the terminal that it makes.
  terminal: (argv: string[]) => {
    const command = [process.execPath, ...argv].map((word) => `'${word}'`).join(" ");
    return spawn("script", ["-qfc", command, "/dev/null"], { stdio: ["ignore", "pipe", "inherit"] });
  },
};

test.runIf(existsSync("/proc/self/fd")).each([
  ["pipe", false],
  ["pipe", true],
  ["socket", false],
  ["socket", true],
  ["terminal", false],
  ["terminal", true],
] as const)(
  "chassis: a reader of the log that stands still (%s) holds no process, where there is /proc (buffering: %s)",
  budget,
  async (kind, buffering) => {
    const folder = mkdtempSync(join(tmpdir(), "dms-unread-"));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "log");
    const says = (event: string): Promise<Line> =>
      vi.waitFor(
        () => {
          const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
          const found = lines.map((line) => JSON.parse(line) as Line).find((line) => line.event === event);
          if (found === undefined) throw new Error(`${event} is not in ${file}`);
          return found;
        },
        { timeout: 30_000 },
      );
    started.push(unread[kind]([script, `--log=all: [stdout, ${file}], buffering: ${buffering}`, "--flood"], folder));
    const { pid } = await says("app.up");
    cleanups.push(() => killIfThere(pid));
    process.kill(pid, "SIGTERM");
    await says("process.stopped");
  },
);

/** A grandchild outlives the program that ran it. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended, as it should.
  }
}

test.each([false, true])(
  "chassis: a log file that cannot be opened is one line on standard error and exit code 78 (buffering: %s)",
  budget,
  async (buffering) => {
    const argv = [script, `--log=all: /nowhere/x.log, buffering: ${buffering}`, "--fail"];
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "inherit", "pipe"] });
    started.push(child);
    const [said, exited] = await Promise.all([text(child.stderr), once(child, "exit")]);
    expect(said).toMatch(/^app: cannot write the log to \/nowhere\/x\.log \(ENOENT\): .*\n$/);
    expect(exited).toEqual([78, null]);
  },
);

test("chassis: a real unhandled rejection is one fatal line and exit code 70", budget, async () => {
  const { next, exited } = start("--throw");
  await next("process.crashed");
  expect(await exited).toEqual([70, null]);
});

test(
  "chassis: a killed child is reported and replaced under the same instance, and a signal reaches the new one",
  budget,
  async () => {
    const { child, next, exited } = start("--supervise");
    const first = await next("app.up");
    process.kill(first.pid, "SIGKILL");
    expect(await next("app.dead")).toMatchObject({ member: `app.${first.pid}` });
    const second = await next("app.up");
    expect(second.pid).not.toBe(first.pid);
    expect(second.instance).toBe(first.instance);
    await next("process.started");
    child.kill("SIGTERM");
    await next("app.drained");
    expect(await exited).toEqual([0, null]);
  },
);

test("chassis: when the supervisor is killed, its child drains and goes", budget, async () => {
  const { child, next, rest } = start("--supervise");
  await next("process.started");
  child.kill("SIGKILL");
  await next("app.drained");
  await next("process.stopped");
  // The output is shared: it ends when the child, the last that holds it, is gone.
  await rest();
});
