import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RedisSettings } from "@dms/runtime";
import { Redis } from "ioredis";
import { freePort } from "./free-port.ts";

export interface RedisOptions {
  /** More arguments of the server's command line. */
  args?: string[];
  /** `true` syncs once a second, `"always"` before each answer. */
  appendOnly?: boolean | "always";
  /** Where it keeps its files; a folder of its own by default, which goes with it. */
  dir?: string;
  port?: number;
}

/**
 * A real Redis server that belongs to one test.
 * States: running <-> frozen (`freeze`, `thaw`); running -> dead (`kill`, `stop`) -> running (`start`).
 */
export interface RedisServer {
  readonly port: number;
  readonly dir: string;
  readonly settings: RedisSettings;
  /** The server's process id while it runs. */
  readonly pid: number | undefined;
  /** Ends it without a warning, as a lost machine would; resolves when it is gone. */
  kill(): Promise<void>;
  /** Ends it in good order and closes the clients that were given out; its folder stays, for `start`. */
  stop(): Promise<void>;
  /** Starts it again at the same port and folder; does nothing while it runs. */
  start(): Promise<void>;
  /** Stops it from running without closing anything, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** A plain connection for looking inside; `stop` and `close` end it. */
  client(): Redis<"legacy">;
  /** Empties it. */
  flush(): Promise<void>;
  /** Ends it for good and removes the folder that was made for it. */
  close(): Promise<void>;
}

const attemptsMax = 5;
const binaries = ["redis-server", "valkey-server"] as const;

function appendOnlyArgs(appendOnly: RedisOptions["appendOnly"]): string[] {
  if (appendOnly === undefined || appendOnly === false) return ["--appendonly", "no"];
  return ["--appendonly", "yes", "--appendfsync", appendOnly === "always" ? "always" : "everysec"];
}

function settingsFor(port: number): RedisSettings {
  return {
    mode: "single",
    nodes: [{ host: "127.0.0.1", port }],
    database: 0,
    connectTimeoutMs: 2000,
    commandTimeoutMs: 5000,
  };
}

/** Resolves when the server says that it is ready; rejects with what it printed when it ends before. */
function isReady(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let printed = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    if (printed.length < 10_000) printed += chunk.toString();
    if (printed.includes("Ready to accept connections")) resolve();
  });
  child.once("error", reject);
  child.once("exit", () => reject(new Error(`the Redis server did not start:\n${printed}`)));
  return promise;
}

async function spawnServer(args: string[]): Promise<ChildProcess> {
  let missing: unknown;
  for (const binary of binaries) {
    const child = spawn(binary, args, { stdio: ["ignore", "pipe", "ignore"] });
    try {
      await isReady(child);
      return child;
    } catch (caught) {
      const isMissing = caught instanceof Error && "code" in caught && caught.code === "ENOENT";
      if (!isMissing) throw caught;
      missing = caught;
    }
  }
  throw new Error("neither redis-server nor valkey-server is installed", { cause: missing });
}

/** Starts a Redis server on 127.0.0.1 and waits until it answers. Throws what the server printed when it does not start. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), "dms-redis-"));
  const clients = new Set<Redis<"legacy">>();
  let child: ChildProcess | undefined;
  const removeDir = (): void => {
    if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
  };
  // A test run that is interrupted must leave no server behind.
  const onProcessExit = (): void => {
    child?.kill("SIGKILL");
    removeDir();
  };
  process.once("exit", onProcessExit);

  const startAt = async (port: number): Promise<void> => {
    const place = ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir];
    child = await spawnServer([...place, "--save", "", ...appendOnlyArgs(options.appendOnly), ...(options.args ?? [])]);
    const started = child;
    started.once("exit", () => {
      if (child === started) child = undefined;
    });
  };
  const end = async (signal: "SIGKILL" | "SIGTERM"): Promise<void> => {
    if (child === undefined) return;
    const gone = once(child, "exit");
    child.kill("SIGCONT");
    child.kill(signal);
    await gone;
  };

  const port = await firstPort(options.port, startAt);
  const server: RedisServer = {
    port,
    dir,
    settings: settingsFor(port),
    get pid() {
      return child?.pid;
    },
    kill: () => end("SIGKILL"),
    async stop() {
      for (const client of clients) client.disconnect();
      clients.clear();
      await end("SIGTERM");
    },
    start: async () => {
      if (child === undefined) await startAt(port);
    },
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
    client() {
      const client = new Redis<"legacy">({ host: "127.0.0.1", port, connectionName: "looking-inside" });
      client.on("error", () => undefined);
      clients.add(client);
      return client;
    },
    async flush() {
      const client = server.client();
      await client.flushall();
      client.disconnect();
      clients.delete(client);
    },
    async close() {
      await server.stop();
      process.off("exit", onProcessExit);
      removeDir();
    },
  };
  return server;
}

/** Starts at the port asked for, or at a free one; another process may be faster, so it tries again. */
async function firstPort(wanted: number | undefined, startAt: (port: number) => Promise<void>): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = wanted ?? (await freePort());
    try {
      await startAt(port);
      return port;
    } catch (caught) {
      if (wanted !== undefined || attempt === attemptsMax || String(caught).includes("neither")) throw caught;
    }
  }
}
