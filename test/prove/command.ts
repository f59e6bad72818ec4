import { messageOf } from "@dms/runtime";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";

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

const proofUsage = `npm run prove:docker       the image and the Compose file, on a Docker engine
npm run prove:kubernetes   the manifests, on the cluster of the current context
They take no options. Their variables stand at the head of test/prove/docker.ts and test/prove/kubernetes.ts.
`;

/** Of a proof: an option ends it before it begins; what it cannot go on after is told in one line, after all was taken down. */
export function endPlainly(): void {
  readCommandLine(proofUsage, {});
  process.once("uncaughtException", (caught) => {
    console.error(`cannot go on: ${messageOf(caught)}`);
    process.exit(1);
  });
}

/** What the command line says. `--help` ends the process with `usage`, a fault with itself before it. */
export function readCommandLine<Options extends ParseArgsOptionsConfig>(usage: string, options: Options) {
  if (process.argv.includes("--help")) {
    process.stdout.write(usage);
    process.exit(0);
  }
  try {
    return parseArgs({ options }).values;
  } catch (caught) {
    return refuse(usage, messageOf(caught).split(". ")[0] ?? "");
  }
}

/** Ends the process because its command line is at fault. */
export function refuse(usage: string, fault: string): never {
  process.stderr.write(`${fault}\n${usage}`);
  process.exit(78);
}
