import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";
import process from "node:process";
import type { StopSignal } from "./host.ts";

/** A process that the supervisor started. */
export interface SupervisedChild {
  readonly pid: number | undefined;
  /** Resolves once, when the system has said that the process is gone: with its exit code, or 128 and its signal. */
  readonly exited: Promise<number>;
  onMessage(action: (message: unknown) => void): void;
  pass(signal: StopSignal | "SIGUSR2"): void;
}

/** Starts Node on `argv` with this process's output and a channel that breaks when this process dies. */
export function spawnChild(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): SupervisedChild {
  const child = spawn(process.execPath, [...process.execArgv, ...argv], {
    env: { ...env },
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  return {
    pid: child.pid,
    exited: exitOf(child),
    onMessage: (action) => void child.on("message", action),
    pass: (signal) => void child.kill(signal),
  };
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    // Without a pid nothing was started; an error of a running child (a kill that failed) is followed by its exit.
    child.on("error", () => {
      if (child.pid === undefined) resolve(1);
    });
  });
}
