import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RedisSettings } from "@dms/runtime";
import { Redis } from "ioredis";
import type { RedisForm } from "./redis-form.ts";
import { openLook, type RedisLook, tlsOf } from "./redis-look.ts";
import { RedisProcess } from "./redis-process.ts";

/** Files of TLS, all PEM. */
export interface ServerTls {
  ca: string;
  /** The server's own. */
  cert: string;
  key: string;
  /** What clients show; they must when it is there. */
  client?: { cert: string; key: string };
}

export interface RedisOptions {
  /** Speaks TLS only. */
  tls?: ServerTls;
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
export interface RedisServer extends RedisForm {
  readonly port: number;
  readonly dir: string;
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
}

function appendOnlyArgs(appendOnly: RedisOptions["appendOnly"]): string[] {
  if (appendOnly === undefined || appendOnly === false) return ["--appendonly", "no"];
  return ["--appendonly", "yes", "--appendfsync", appendOnly === "always" ? "always" : "everysec"];
}

function settingsFor(port: number, { tls }: RedisOptions): RedisSettings {
  return {
    ...(tls && { tls: settingsOf(tls) }),
    mode: "single",
    nodes: [{ host: "127.0.0.1", port }],
    database: 0,
    connectTimeoutMs: 2000,
    commandTimeoutMs: 5000,
  };
}

function settingsOf({ ca, client }: ServerTls): NonNullable<RedisSettings["tls"]> {
  const read = (file: string): string => readFileSync(file, "utf8");
  const own = client === undefined ? {} : { cert: read(client.cert), key: read(client.key) };
  return { ca: read(ca), ...own, verifyHost: true, verifyCertificate: true };
}

/** Arguments for where a server or sentinel listens, and for how it speaks with others of its kind. */
export function placeArgs(port: number, dir: string, tls: ServerTls | undefined): string[] {
  const place = ["--bind", "127.0.0.1", "--dir", dir];
  if (tls === undefined) return [...place, "--port", String(port)];
  const files = ["--tls-cert-file", tls.cert, "--tls-key-file", tls.key, "--tls-ca-cert-file", tls.ca];
  const others = ["--tls-replication", "yes", "--tls-auth-clients", tls.client === undefined ? "no" : "yes"];
  return [...place, "--port", "0", "--tls-port", String(port), ...files, ...others];
}

/** Section `redis.tls` of a configuration for these files. */
export function tlsSection({ ca, client }: ServerTls): Record<string, unknown> {
  return { ca, ...client };
}

function serverArgs(port: number, dir: string, options: RedisOptions): string[] {
  const place = placeArgs(port, dir, options.tls);
  return [...place, "--save", "", ...appendOnlyArgs(options.appendOnly), ...(options.args ?? [])];
}

function plainClient(settings: RedisSettings): Redis<"legacy"> {
  const client = new Redis<"legacy">({ ...settings.nodes[0], ...tlsOf(settings), connectionName: "looking-inside" });
  client.on("error", () => undefined);
  return client;
}

/** Starts a Redis server on 127.0.0.1 and waits until it answers. Throws what the server printed when it does not start. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), "dms-redis-"));
  const removeDir = (): void => {
    if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
  };
  const child = new RedisProcess({
    argsAt: (port) => serverArgs(port, dir, options),
    readyText: "Ready to accept connections",
    ...(options.port === undefined ? {} : { port: options.port }),
    // A test run that is interrupted must leave no server behind.
    onProcessExit: removeDir,
  });
  try {
    await child.start();
  } catch (caught) {
    child.release();
    removeDir();
    throw caught;
  }
  const { port } = child;
  const settings = settingsFor(port, options);
  const section = { nodes: [`127.0.0.1:${port}`], ...(options.tls && { tls: tlsSection(options.tls) }) };
  const clients = new Set<RedisLook>();
  const looks = new Set<RedisLook>();
  const given = <Client extends RedisLook>(client: Client, kept: Set<RedisLook>): Client => {
    kept.add(client);
    return client;
  };
  const forget = (kept: Set<RedisLook>): void => {
    for (const client of kept) client.disconnect();
    kept.clear();
  };
  return {
    port,
    dir,
    settings,
    section,
    get pid() {
      return child.pid;
    },
    kill: () => child.end("SIGKILL"),
    async stop() {
      forget(clients);
      await child.end("SIGTERM");
    },
    start: () => child.start(),
    freeze: () => child.freeze(),
    thaw: () => child.thaw(),
    client: () => given(plainClient(settings), clients),
    look: () => given(openLook(settings), looks),
    async flush() {
      const client = plainClient(settings);
      await client.flushall();
      client.disconnect();
    },
    async close() {
      forget(clients);
      forget(looks);
      await child.end("SIGTERM");
      child.release();
      removeDir();
    },
  };
}
