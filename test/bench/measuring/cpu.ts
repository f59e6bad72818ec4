import { readFileSync } from "node:fs";

/** Clock ticks of a second in /proc: a constant of Linux on every platform that Node runs on. */
const ticksPerSecond = 100;

/**
 * Milliseconds of processor time that a process has used, all its threads, user and system together; in steps of ten. Throws
 * when there is no such process. Linux only.
 */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name in parentheses may hold anything, spaces included.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

/** Processor time of several processes by name, and the wall clock, at one moment. */
export interface CpuReading {
  at: number;
  ms: Record<string, number>;
}

export function readCpu(pids: Readonly<Record<string, number>>): CpuReading {
  const ms = Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuMs(pid)]));
  return { at: performance.now(), ms };
}

/** What each process used between two readings, and how long that took; milliseconds. */
export function cpuBetween(before: CpuReading, after: CpuReading): { wallMs: number; cpu: Record<string, number> } {
  const cpu = Object.fromEntries(Object.entries(after.ms).map(([name, ms]) => [name, ms - (before.ms[name] ?? 0)]));
  return { wallMs: after.at - before.at, cpu };
}
