import { pino, stdTimeFunctions } from "pino";
import type { DestinationStream } from "pino";
import { systemClock } from "./clock.ts";
import type { Config, LogLevel } from "./config/index.ts";
import { standardDescriptor } from "./log/descriptors.ts";
import { LevelGate } from "./log/level-gate.ts";
import { Output } from "./log/output.ts";
import { noRules, Scrubber } from "./log/scrubber.ts";
import type { ScrubRules } from "./log/scrubber.ts";

export { codeOf, errorFields } from "./log/error-fields.ts";

/** Facts of one log line. `event` names what happened, as in `http.listening`; an Error goes under `error`. */
export type LogFields = Record<string, unknown>;

type Write = (fields: LogFields, message: string) => void;

/** Levels that a line can have. */
type LineLevel = Exclude<LogLevel, "silent">;

/** Writes structured lines; a child repeats its bindings (`member`, `channel`) on every line. Never throws. */
export interface Logger {
  child(bindings: LogFields): Logger;
  /** Whether a line of this level would be written now: for facts that cost something to gather. */
  isLevelEnabled(level: LineLevel): boolean;
  trace: Write;
  debug: Write;
  info: Write;
  warn: Write;
  error: Write;
  fatal: Write;
}

export interface LoggerOptions {
  level: LogLevel | LevelGate;
  name: string;
  timeFormat?: Config["log"]["timeFormat"];
  rules?: ScrubRules;
  /** Standard output by default. */
  destination?: DestinationStream;
}

/**
 * A logger of JSON lines with time and the process's name. Every fact goes through the filters (`log/scrubber.ts`) before
 * it is written. Unless buffered, it writes at once and in order: a line that is on its way when the process is killed
 * is the one that somebody will look for.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { level, name, timeFormat = "ISO8601", rules = noRules } = options;
  const written = pino(
    {
      // The gate decides, for all children at once.
      level: "trace",
      base: { name },
      timestamp: timestamps[timeFormat],
      formatters: { level: (label) => ({ level: label }) },
    },
    options.destination ?? new Output(standardDescriptor(1), systemClock),
  );
  const gate = typeof level === "string" ? new LevelGate(level) : level;
  return scrubbed(written, gate, new Scrubber(rules));
}

const timestamps: Record<Config["log"]["timeFormat"], () => string> = {
  ISO8601: stdTimeFunctions.isoTime,
  locale: () => `,"time":${JSON.stringify(new Date().toLocaleString())}`,
  time: () => `,"time":"${new Date().toISOString().slice(11, 23)}"`,
};

type Writer = Pick<pino.Logger, LineLevel | "child">;

function scrubbed(writer: Writer, gate: LevelGate, scrubber: Scrubber): Logger {
  const at =
    (level: LineLevel): Write =>
    (fields, message) => {
      if (!gate.allows(level)) return;
      const line = lineOf(scrubber, { fields, message, hasStack: gate.level === "trace" });
      if (line !== null) writer[level](line.fields, line.message);
    };
  return {
    child: (bindings) => {
      const line = lineOf(scrubber, { fields: bindings, message: "", hasStack: false });
      return scrubbed(writer.child(line?.fields ?? {}), gate, scrubber);
    },
    isLevelEnabled: (level) => gate.allows(level),
    trace: at("trace"),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    fatal: at("fatal"),
  };
}

/** A fact whose own code throws when it is read must not end a process, and must not be written half filtered. */
function lineOf(
  scrubber: Scrubber,
  line: { fields: LogFields; message: string; hasStack: boolean },
): { fields: LogFields; message: string } | null {
  try {
    return scrubber.line(line.fields, line.message, line.hasStack);
  } catch {
    return { fields: { event: "log.unreadable" }, message: "log: the facts of this line cannot be read" };
  }
}
