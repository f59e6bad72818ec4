import { messageOf } from "@dms/runtime";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";

export interface CommandOptions {
  input?: string;
  env?: Readonly<Record<string, string>>;
  timeoutMs?: number;
}

/** Runs a program to its end and answers its standard output. Throws with what it said when it fails or is late. */
export function run(command: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { input, env, timeoutMs = 600_000 } = options;
  const [program = "", ...args] = command;
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  // A program that ends early does not read its input; its exit says why.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input ?? "");
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  return new Promise((resolve, reject) => {
    child.once("error", (cause) => reject(new Error(`${program} cannot be started`, { cause })));
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(out);
      else reject(new Error(`${command.join(" ")}: ${signal ?? code}\n${err.slice(-4000)}${out.slice(-1000)}`));
    });
  });
}

/** Starts a program that goes on; each line of its output goes to `onLine`. */
export function follow(command: readonly string[], onLine: (line: string) => void): ChildProcess {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
  child.on("error", () => undefined);
  return child;
}

/** The words of a variable such as `kubectl --context kind`; `fallback` when it is not set. */
export function wordsOf(variable: string, fallback: string): string[] {
  return (process.env[variable] ?? fallback).split(" ").filter((word) => word !== "");
}

/** What a proof cannot go on after is told in one line, after everything was taken down. */
export function endPlainly(): void {
  process.once("uncaughtException", (caught) => {
    console.error(`cannot go on: ${messageOf(caught)}`);
    process.exit(1);
  });
}
