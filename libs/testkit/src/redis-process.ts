import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { freePort } from "./free-port.ts";

/** How to start one process of Redis: a server or a sentinel. */
export interface RedisProcessOptions {
  /** The whole command line for a port. */
  argsAt: (port: number) => string[];
  /** What it prints once it serves. */
  readyText: string;
  port?: number;
  /** Runs when the calling process ends before `release`. */
  onProcessExit?: () => void;
}

const attemptsMax = 5;
const binaries = ["redis-server", "valkey-server"] as const;

/**
 * One real process of Redis. States: running <-> frozen (`freeze`, `thaw`); running -> dead (`end`) -> running (`start`).
 * It never outlives the calling process.
 */
export class RedisProcess {
  readonly #options: RedisProcessOptions;
  readonly #onProcessExit: () => void;
  #child: ChildProcess | undefined;
  port = 0;

  constructor(options: RedisProcessOptions) {
    this.#options = options;
    this.#onProcessExit = () => {
      this.#child?.kill("SIGKILL");
      options.onProcessExit?.();
    };
    process.once("exit", this.#onProcessExit);
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts at the port asked for or had before, else at a free one; another process may be faster, so it tries again. */
  async start(): Promise<void> {
    if (this.#child !== undefined) return;
    const wanted = this.#options.port ?? (this.port === 0 ? undefined : this.port);
    for (let attempt = 1; ; attempt++) {
      const port = wanted ?? (await freePort());
      try {
        await this.#startAt(port);
        this.port = port;
        return;
      } catch (caught) {
        if (wanted !== undefined || attempt === attemptsMax || String(caught).includes("neither")) throw caught;
      }
    }
  }

  /** Ends it, even when it is frozen; resolves when it is gone. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const gone = once(child, "exit");
    child.kill(signal);
    child.kill("SIGCONT");
    await gone;
  }

  kill(): Promise<void> {
    return this.end("SIGKILL");
  }

  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Call it after the last `end`. */
  release(): void {
    process.off("exit", this.#onProcessExit);
  }

  async #startAt(port: number): Promise<void> {
    const child = await spawnReady(this.#options.argsAt(port), this.#options.readyText);
    this.#child = child;
    child.once("exit", () => {
      if (this.#child === child) this.#child = undefined;
    });
  }
}

/** Resolves when the process prints that it serves; rejects with what it printed when it ends before. */
function isReady(child: ChildProcess, readyText: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let printed = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    if (printed.length < 10_000) printed += chunk.toString();
    if (printed.includes(readyText)) resolve();
  });
  child.once("error", reject);
  child.once("exit", () => reject(new Error(`the Redis server did not start:\n${printed}`)));
  return promise;
}

async function spawnReady(args: string[], readyText: string): Promise<ChildProcess> {
  let missing: unknown;
  for (const binary of binaries) {
    const child = spawn(binary, args, { stdio: ["ignore", "pipe", "ignore"] });
    try {
      await isReady(child, readyText);
      return child;
    } catch (caught) {
      const isMissing = caught instanceof Error && "code" in caught && caught.code === "ENOENT";
      if (!isMissing) throw caught;
      missing = caught;
    }
  }
  throw new Error("neither redis-server nor valkey-server is installed", { cause: missing });
}
