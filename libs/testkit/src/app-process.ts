import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, type WriteStream } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AppLog, type LogEvent } from "./app-log.ts";

export type AppName = "worker" | "dispatcher" | "single" | "hub-mock" | "chat-mock";

export interface AppOptions {
  app: AppName;
  configFile: string;
  /** More arguments of the command line, as `--name worker-1`. */
  args?: readonly string[];
  env?: Record<string, string>;
  /** A checkout whose app is started instead of this one's. */
  root?: string;
  /** Command that runs it, as `ip netns exec <name>`. */
  through?: readonly string[];
  /** Runs it under its own supervisor: killed, it comes back. */
  isSupervised?: boolean;
  /** File that its whole output is appended to. */
  logFile?: string;
}

export interface AppExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Wall clock. */
  at: number;
}

/**
 * A real process of one app. States: running <-> frozen (`freeze`, `thaw`) -> exited; a supervised one has a child that is
 * killed and started again underneath, and `pid` and `port` are the child's latest.
 */
export interface AppProcess {
  readonly app: AppName;
  readonly name: string;
  /** The app's own process; undefined before it is known. Under a supervisor its child. */
  readonly pid: number | undefined;
  /** From the latest listening line; 0 before there is one. */
  readonly port: number;
  /** When the app's own process was started, by the wall clock. */
  readonly startedAt: number;
  readonly isRunning: boolean;
  /** `stop` was called. */
  readonly isStopping: boolean;
  /** The latest log events, oldest first, bounded. */
  readonly events: readonly LogEvent[];
  readonly stderr: string;
  /** Of the process that was spawned: under a supervisor, the supervisor's. */
  readonly exited: Promise<AppExit>;
  onEvent(listener: (event: LogEvent) => void): () => void;
  /** Tells of every signal that is about to be sent through here. */
  onSignal(listener: (signal: NodeJS.Signals) => void): void;
  /** The first event that fits, past or to come. Rejects after `timeoutMs`, or at once when the process ends. */
  waitFor(wanted: string | ((event: LogEvent) => boolean), timeoutMs: number): Promise<LogEvent>;
  /** Signals the app's own process, not its supervisor. */
  kill(signal: NodeJS.Signals): void;
  freeze(): void;
  thaw(): void;
  /** SIGTERM to the whole, and waits; SIGKILL to the whole process group after `timeoutMs`. */
  stop(timeoutMs?: number): Promise<AppExit>;
  /** Ends supervisor and app at once. */
  destroy(): Promise<AppExit>;
}

const stopTimeoutMs = 40_000;
const stderrCharactersMax = 20_000;
/** Compiled code kept from start to start: it halves the time to ready of each of a cluster's many processes. */
const compileCache = fileURLToPath(new URL("../../../node_modules/.cache/compile/", import.meta.url));
const running = new Set<ChildProcess>();
let isExitHooked = false;

/** Starts an app with this very Node. It never outlives the calling process. */
export function spawnApp(options: AppOptions): AppProcess {
  const { app, configFile, args = [], isSupervised = false } = options;
  const root = options.root ?? fileURLToPath(new URL("../../..", import.meta.url));
  const script = join(root, `apps/${app}/src/main.ts`);
  const whole = [script, "--config", configFile, ...args, ...(isSupervised ? ["--supervise"] : [])];
  // A process group of its own: the terminal's Ctrl-C is the caller's to pass on, and a group can be killed as one.
  // The channel tells an unsupervised app that the caller is gone, even by SIGKILL.
  const [command, ...before] = [...(options.through ?? []), process.execPath];
  const child = spawn(command ?? process.execPath, [...before, "--disable-warning=ExperimentalWarning", ...whole], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { NODE_COMPILE_CACHE: compileCache, ...process.env, ...options.env },
  });
  child.on("error", () => undefined);
  running.add(child);
  child.once("exit", () => running.delete(child));
  hookExit();
  return new SpawnedApp(child, options, nameIn(args) ?? app);
}

function nameIn(args: readonly string[]): string | undefined {
  const at = args.indexOf("--name");
  return at < 0 ? undefined : args[at + 1];
}

function hookExit(): void {
  if (isExitHooked) return;
  isExitHooked = true;
  process.on("exit", () => running.forEach(killGroup));
}

/** A frozen supervisor or app dies of SIGKILL as well. */
function killGroup(child: ChildProcess): void {
  if (child.pid !== undefined) signalTo(-child.pid, "SIGKILL");
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (caught) {
    const isGone = caught instanceof Error && "code" in caught && caught.code === "ESRCH";
    if (!isGone) throw caught;
  }
}

class SpawnedApp implements AppProcess {
  readonly app: AppName;
  readonly name: string;
  readonly exited: Promise<AppExit>;
  readonly #child: ChildProcess;
  readonly #log = new AppLog();
  readonly #onSignals: ((signal: NodeJS.Signals) => void)[] = [];
  readonly #file: WriteStream | undefined;
  #appPid: number | undefined;
  #stderr = "";
  #exit: AppExit | undefined;
  isStopping = false;
  port = 0;
  startedAt = Date.now();

  constructor(child: ChildProcess, { app, isSupervised = false, logFile }: AppOptions, name: string) {
    this.app = app;
    this.name = name;
    this.#child = child;
    this.#appPid = isSupervised ? undefined : child.pid;
    if (logFile !== undefined) this.#file = createWriteStream(logFile, { flags: "a" });
    this.#log.onEvent((event) => this.#note(event));
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      this.#file?.write(chunk);
      this.#log.take(chunk);
    });
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      this.#file?.write(chunk);
      this.#stderr = (this.#stderr + chunk).slice(-stderrCharactersMax);
    });
    this.exited = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        this.#exit = { code, signal, at: Date.now() };
        this.#file?.end();
        resolve(this.#exit);
      });
    });
  }

  get pid(): number | undefined {
    return this.isRunning ? this.#appPid : undefined;
  }

  get isRunning(): boolean {
    return this.#exit === undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get events(): readonly LogEvent[] {
    return this.#log.events;
  }

  get stderr(): string {
    return this.#stderr;
  }

  onEvent(listener: (event: LogEvent) => void): () => void {
    return this.#log.onEvent(listener);
  }

  onSignal(listener: (signal: NodeJS.Signals) => void): void {
    this.#onSignals.push(listener);
  }

  waitFor(wanted: string | ((event: LogEvent) => boolean), timeoutMs: number): Promise<LogEvent> {
    const fits = typeof wanted === "string" ? (event: LogEvent) => event.event === wanted : wanted;
    const past = this.events.find(fits);
    if (past !== undefined) return Promise.resolve(past);
    const { promise, resolve, reject } = Promise.withResolvers<LogEvent>();
    const fail = (why: string): void => {
      const what = typeof wanted === "string" ? wanted : "an event";
      reject(new Error(`${this.name}: ${why} while waiting for ${what}\n${this.#log.tail(20)}\n${this.#stderr}`));
    };
    const off = this.#log.onEvent((event) => {
      if (fits(event)) resolve(event);
    });
    const timer = setTimeout(() => fail(`${timeoutMs} ms went by`), timeoutMs);
    void this.exited.then(({ code, signal }) => fail(`exited with ${code ?? signal}`));
    return promise.finally(() => {
      off();
      clearTimeout(timer);
    });
  }

  kill(signal: NodeJS.Signals): void {
    if (this.pid === undefined) return;
    this.#tell(signal);
    signalTo(this.pid, signal);
  }

  freeze(): void {
    this.kill("SIGSTOP");
  }

  thaw(): void {
    this.kill("SIGCONT");
  }

  async stop(timeoutMs = stopTimeoutMs): Promise<AppExit> {
    if (!this.isRunning) return this.exited;
    this.isStopping = true;
    this.thaw();
    this.#tell("SIGTERM");
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => killGroup(this.#child), timeoutMs);
    return this.exited.finally(() => clearTimeout(timer));
  }

  destroy(): Promise<AppExit> {
    if (this.isRunning) this.#tell("SIGKILL");
    killGroup(this.#child);
    return this.exited;
  }

  #tell(signal: NodeJS.Signals): void {
    for (const listener of this.#onSignals) listener(signal);
  }

  #note(event: LogEvent): void {
    if (event.event === "http.listening") this.port = Number(event["port"]);
    if (event.event === "supervisor.child-died") this.#appPid = undefined;
    if (event.event !== "supervisor.child-started") return;
    this.#appPid = Number(event["pid"]);
    this.startedAt = Date.now();
  }
}
