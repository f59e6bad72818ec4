import { pino, stdTimeFunctions } from "pino";
import type { DestinationStream } from "pino";
import type { Config, LogLevel } from "./config/index.ts";
import { DmsError, messageOf } from "./errors.ts";

/** Facts of one log line. `event` names what happened, as in `http.listening`; an Error goes under `error`. */
export type LogFields = Record<string, unknown>;

type Write = (fields: LogFields, message: string) => void;

/** Writes structured lines; a child repeats its bindings (`member`, `channel`) on every line. Never throws. */
export interface Logger {
  child(bindings: LogFields): Logger;
  /** Whether a line of this level would be written now. */
  isLevelEnabled(level: string): boolean;
  trace: Write;
  debug: Write;
  info: Write;
  warn: Write;
  error: Write;
  fatal: Write;
}

/** Keys whose values never reach a log, at the top of a line and one level below. */
const secretKeys = ["password", "clientSecret", "client_secret", "secureKey", "secret", "authorization", "token"];

/**
 * A logger of JSON lines with time and the process's name. Unless buffered, it writes at once and in order: a line that
 * is on its way when the process is killed is the one that somebody will look for. The default destination is standard
 * output.
 */
export function createLogger(options: {
  level: LogLevel;
  name: string;
  timeFormat?: Config["log"]["timeFormat"];
  isBuffered?: boolean;
  destination?: { write(line: string): void };
}): Logger {
  const { level, name, timeFormat = "ISO8601", isBuffered = false } = options;
  return pino(
    {
      level,
      base: { name },
      timestamp: timestamps[timeFormat],
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: (caught: unknown) => errorFields(caught, level === "trace") },
      redact: { paths: secretKeys.flatMap((key) => [key, `*.${key}`]), censor: "<redacted>" },
    },
    options.destination ?? standardOutput(isBuffered),
  );
}

const timestamps: Record<Config["log"]["timeFormat"], () => string> = {
  ISO8601: stdTimeFunctions.isoTime,
  locale: () => `,"time":${JSON.stringify(new Date().toLocaleString())}`,
  time: () => `,"time":"${new Date().toISOString().slice(11, 23)}"`,
};

/** A buffered line waits for at most a second; an orderly exit writes what is left. */
function standardOutput(isBuffered: boolean): DestinationStream {
  return pino.destination(
    isBuffered ? { fd: 1, sync: false, minLength: 4096, periodicFlush: 1000 } : { fd: 1, sync: true },
  );
}

/** A caught value as log fields: message, code, details and the messages of its causes. */
export function errorFields(caught: unknown, hasStack = false): LogFields {
  const fields: LogFields = { message: messageOf(caught) };
  const code = codeOf(caught);
  if (code !== undefined) fields["code"] = code;
  if (caught instanceof DmsError && Object.keys(caught.details).length > 0) fields["details"] = caught.details;
  const causes = causesOf(caught);
  if (causes.length > 0) fields["causes"] = causes;
  if (hasStack && caught instanceof Error) fields["stack"] = caught.stack;
  return fields;
}

/** The stable code of a DmsError, or the system's own (`ECONNREFUSED`). */
export function codeOf(caught: unknown): string | undefined {
  if (!(caught instanceof Error) || !("code" in caught)) return undefined;
  return typeof caught.code === "string" ? caught.code : undefined;
}

/** Causes can be made circular by whoever builds them; eight explain enough. */
const causesMax = 8;

function causesOf(caught: unknown): string[] {
  const causes: string[] = [];
  let cause = caught instanceof Error ? caught.cause : undefined;
  while (cause !== undefined && causes.length < causesMax) {
    causes.push(messageOf(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}
