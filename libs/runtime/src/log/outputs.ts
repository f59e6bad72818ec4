import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import type { Clock } from "@dms/rules";
import { pino } from "pino";
import type { DestinationStream } from "pino";
import type { Config, LogLevel } from "../config/index.ts";
import { DmsError, messageOf } from "../errors.ts";
import { openFile, standardDescriptor, standardStreams } from "./descriptors.ts";
import { codeOf } from "./error-fields.ts";
import { foreignOutputs } from "./foreign-outputs.ts";
import { Output } from "./output.ts";

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

/** The outputs of a log, open. */
export interface OpenOutputs {
  destination: DestinationStream;
  /** Lines that each output has lost so far. */
  lost: () => [output: string, lines: number][];
}

/**
 * Opens the outputs of the log. Throws DMS_LOG_OUTPUT_FAILED for a file that cannot be written. A write that fails later
 * costs its lines and nothing else: a full disk must not end a process that holds conversations, nor keep one that ends.
 * `onRecovered` is called when an output takes lines again after some were lost.
 */
export function openOutputs(
  log: Config["log"],
  clock: Clock,
  onRecovered: (output: string, lost: number) => void = () => {},
): OpenOutputs {
  const outputs = [...outputsOf(log)].map(([output, level]) => ({
    output,
    level: level as Exclude<LogLevel, "silent">,
    stream: new Output(opened(output), clock, {
      isBuffered: log.buffering,
      onRecovered: (lost) => onRecovered(output, lost),
    }),
  }));
  process.once("exit", () => outputs.forEach(({ stream }) => stream.flushSync()));
  const [only] = outputs;
  return {
    destination: outputs.length === 1 && only?.level === "trace" ? only.stream : pino.multistream(outputs),
    lost: () => outputs.map(({ output, stream }) => [output, stream.lost]),
  };
}

function opened(output: string): number {
  try {
    const standard = standardStreams.get(output);
    return standard === undefined ? openFile(output) : standardDescriptor(standard);
  } catch (cause) {
    throw new DmsError("DMS_LOG_OUTPUT_FAILED", faultText(output, cause), { cause, details: { output } });
  }
}

/** What `openOutputs` would say of each file that cannot be written; makes and opens none. */
export function outputFaults(log: Config["log"]): string[] {
  const files = [...outputsOf(log).keys()].filter((output) => !standardStreams.has(output));
  return files.flatMap((file) => {
    try {
      // With its slash, a folder's name is refused when it is a file's.
      if (existsSync(file)) accessSync(file, constants.W_OK);
      else accessSync(`${dirname(file)}/`, constants.W_OK | constants.X_OK);
      return [];
    } catch (cause) {
      return [faultText(file, cause)];
    }
  });
}

function faultText(output: string, cause: unknown): string {
  return `cannot write the log to ${output} (${codeOf(cause) ?? messageOf(cause)}): name a file in a folder that the process may write, or stdout`;
}
