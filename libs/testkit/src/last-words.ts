import type { AppProcess } from "./app-process.ts";

const eventsMax = 10;

/**
 * What a process that is not ready said last: its faults when it has ended, else why it could not start (its
 * supervisor goes on about that), else the message of its last event; and the file that has the rest. Where its log is not kept (`logFile` is null), the end of it.
 */
export function lastWords(
  { events, stderr, isRunning }: Pick<AppProcess, "events" | "stderr" | "isRunning">,
  logFile: string | null,
): string {
  const faults = events.filter(({ level }) => level === "fatal");
  const messages = [...events, ...faults].flatMap(({ msg }) => (typeof msg === "string" ? [msg] : []));
  const words = (isRunning ? "" : stderr.trim()) || (messages.at(-1) ?? "it has said nothing");
  if (logFile !== null) return `${words} (all of it: ${logFile})`;
  return [words, ...events.slice(-eventsMax).map((event) => JSON.stringify(event)), stderr.trim()].join("\n");
}
