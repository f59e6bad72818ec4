import { constants, openSync } from "node:fs";
import process from "node:process";

const { O_APPEND, O_CREAT, O_NOCTTY, O_NONBLOCK, O_WRONLY } = constants;

/** The streams that a process is started with. */
export const standardStreams: ReadonlyMap<string, 1 | 2> = new Map([
  ["stdout", 1],
  ["stderr", 2],
]);

/** Opens a file for lines at its end. A named pipe that nobody reads is refused with ENXIO instead of waiting for a reader. */
export function openFile(path: string): number {
  return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o666);
}

/**
 * A descriptor of standard output or standard error on which no write waits for the reader, where the system has one.
 *
 * Of a pipe and a socket Node's own stream makes one, and undoes it at the end. It has to be asked for; that an import of
 * `node:process` does so too is no promise. A terminal it sets to wait, so that is opened once more, for this process alone.
 */
export function standardDescriptor(fd: 1 | 2): number {
  const stream = fd === 1 ? process.stdout : process.stderr;
  if (!stream.isTTY) return fd;
  try {
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    return fd;
  }
}
