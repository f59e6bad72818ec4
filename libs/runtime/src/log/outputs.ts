import { pino } from "pino";
import type { DestinationStream } from "pino";
import type { Config, LogLevel } from "../config/index.ts";
import { DmsError, messageOf } from "../errors.ts";
import { codeOf } from "./error-fields.ts";
import { foreignOutputs } from "./foreign-outputs.ts";

/** DMS's options that name outputs, and the least level that each takes. */
const outputLevels = { all: "trace", debug: "trace", trace: "debug", interaction: "info", standard: "info" } as const;

/** Where lines go, by output, with the least level that it takes; standard output when nothing is configured. */
export function outputsOf(log: Config["log"]): Map<string, LogLevel> {
  const outputs = new Map<string, LogLevel>();
  for (const [option, level] of Object.entries(outputLevels)) {
    for (const output of log[option as keyof typeof outputLevels] ?? []) {
      // `all` and `debug` come first: an output that is named twice takes the more of both.
      if (!foreignOutputs.has(output) && !outputs.has(output)) outputs.set(output, level);
    }
  }
  return outputs.size > 0 ? outputs : new Map([["stdout", "trace"]]);
}

/**
 * Opens the outputs of the log. Throws DMS_LOG_OUTPUT_FAILED for a file that cannot be written. A write that fails later
 * costs its line and nothing else: a full disk must not end a process that holds conversations.
 */
export function openOutputs(log: Config["log"]): DestinationStream {
  const outputs = [...outputsOf(log)].map(([output, level]) => ({ level, stream: opened(output, log.buffering) }));
  const [only] = outputs;
  if (outputs.length === 1 && only?.level === "trace") return only.stream;
  return pino.multistream(
    outputs.map(({ level, stream }) => ({ level: level as Exclude<LogLevel, "silent">, stream })),
  );
}

/** A buffered line waits for at most a second; an orderly exit writes what is left. */
function opened(output: string, isBuffered: boolean): DestinationStream {
  const place = output === "stdout" ? { fd: 1 } : output === "stderr" ? { fd: 2 } : { dest: output };
  const pace = isBuffered ? { sync: false, minLength: 4096, periodicFlush: 1000 } : { sync: true };
  try {
    const destination = pino.destination({ ...place, ...pace });
    destination.on("error", () => undefined);
    return destination;
  } catch (cause) {
    throw new DmsError(
      "DMS_LOG_OUTPUT_FAILED",
      `cannot write the log to ${output} (${codeOf(cause) ?? messageOf(cause)}): name a file in a folder that the process may write, or stdout`,
      { cause, details: { output } },
    );
  }
}
