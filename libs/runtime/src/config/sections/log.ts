import { z } from "zod";
import { flag, list, oneOf, shaped, text } from "../kinds.ts";
import { option, optional } from "../option.ts";

/** Levels of the log, the loudest last; `silent` is none at all. */
export const logLevels = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof logLevels)[number];

/** DMS's words for `verbose`, and the level that each means here. */
export const verboseLevels: ReadonlyMap<string, LogLevel> = new Map([
  ["all", "trace"],
  ["debug", "debug"],
  ["trace", "debug"],
  ["interaction", "info"],
  ["standard", "info"],
  ["none", "silent"],
]);

const outputs = list(text("stdout, stderr or a file name"), 1);

/** Section `log`. */
export const logSection = z.object({
  level: optional(oneOf(...logLevels), "Least level that is written. Default: what `verbose` means, else `info`."),
  verbose: optional(
    oneOf("all", "debug", "trace", "interaction", "standard", "none"),
    "DMS's name for the level: all = trace, debug and trace = debug, interaction and standard = info, none = silent.",
  ),
  all: optional(outputs, "Where every line goes. Default, when no output is named at all: stdout."),
  standard: optional(outputs, "Where lines of level info and above go, besides `all`."),
  interaction: optional(outputs, "As `standard`."),
  trace: optional(outputs, "Where lines of level debug and above go, besides `all`."),
  debug: optional(outputs, "As `all`."),
  "time-format": option(oneOf("ISO8601", "locale", "time"), "ISO8601", "How a line's time is written."),
  buffering: option(
    flag(),
    false,
    "Whether lines may wait in memory to be written together; faster, and lost in a crash.",
  ),
});

/** A treatment of one key in printed user data. */
const filterRule = shaped(
  /^(copy|hide|skip|tag(\([^,()]{0,8}(,[^,()]{0,8})?\))?|(un)?hide-(first|last),\s*\d{1,4})$/,
  "copy, hide, skip, tag, tag(before,after), hide-first,n, hide-last,n, unhide-first,n or unhide-last,n",
);

/** Section `log-filter`: the treatment of every key that `log-filter-data` does not name. */
export const logFilterSection = z.object({
  "default-filter-type": option(filterRule, "copy", "Treatment of pairs in `Parameters` and `UserData` in the log."),
  "logging-filter-spec": optional(
    text("a file name, relative to this file"),
    "JSON file with filters for every text in the log: skip, hide, edit (docs/logging.md).",
  ),
});

/** Section `log-filter-data`: key names of the operator's own, each with its treatment. */
export const logFilterKeys = filterRule;
