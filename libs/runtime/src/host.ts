import { hostname } from "node:os";
import process from "node:process";
import { type StopSignal, takeLouder, takeSignals } from "./boot.ts";
import { processEnv } from "./env.ts";
import { codeOf } from "./logger.ts";

export type { StopSignal };

/** The operating system's side of one process. Tests put their own in this place. */
export interface ProcessHost {
  readonly env: Readonly<Record<string, string | undefined>>;
  hostName(): string;
  /** One piece of text for a person or a pipe on standard output. */
  out(text: string): void;
  err(text: string): void;
  exit(code: number): void;
  onSignal(action: (signal: StopSignal) => void): void;
  /** The wish for a louder log (SIGUSR2). */
  onLouder(action: () => void): void;
  /** Exceptions and rejections that nobody caught. */
  onUncaught(action: (caught: unknown) => void): void;
  /** The supervisor that started this process is gone. Never called in a process without one. */
  onOrphaned(action: () => void): void;
  /** Tells the supervisor; does nothing without one. */
  send(message: object): void;
}

export const systemHost: ProcessHost = {
  env: processEnv(),
  hostName: hostname,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  exit: (code) => process.exit(code),
  onSignal: takeSignals,
  onLouder: takeLouder,
  onUncaught: (action) => {
    process.on("uncaughtException", action);
    process.on("unhandledRejection", action);
  },
  onOrphaned: (action) => {
    if (process.connected) process.once("disconnect", action);
  },
  send: (message) => {
    // The supervisor may die between the check and the write: the channel's end then says so, not this call.
    if (process.connected) process.send?.(message, undefined, undefined, (error) => void codeOf(error));
  },
};
