import { execFileSync } from "node:child_process";
import { cpus, release, totalmem } from "node:os";

/** Where and on what a run was made: without it a figure says nothing. */
export interface Standing {
  date: string;
  commit: string;
  cpu: string;
  cores: number;
  memoryGiB: number;
  kernel: string;
  node: string;
  redis: string;
  bullmq: string;
}

function outputOf(command: string, args: string[]): string {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    // A figure from outside a repository, or from another server's binary, is still a figure.
    return "unknown";
  }
}

export function standing(bullmqVersion: string): Standing {
  const isDirty = outputOf("git", ["status", "--porcelain", "--", "apps", "libs"]) !== "";
  const redis = /v=(\S+)/.exec(outputOf("redis-server", ["--version"]))?.[1] ?? "unknown";
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: outputOf("git", ["rev-parse", "--short=12", "HEAD"]) + (isDirty ? " with changes" : ""),
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    redis,
    bullmq: bullmqVersion,
  };
}
