import { z } from "zod";
import { flag, oneOf, shaped } from "../kinds.ts";
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

/** Section `log`. */
export const logSection = z.object({
  level: optional(oneOf(...logLevels), "Least level that is written. Default: what `verbose` means, else `info`."),
  verbose: optional(
    oneOf("all", "debug", "trace", "interaction", "standard", "none"),
    "DMS's name for the level: all = trace, debug and trace = debug, interaction and standard = info, none = silent.",
  ),
  "time-format": option(oneOf("ISO8601", "locale", "time"), "ISO8601", "How a line's time is written."),
  buffering: option(
    flag(),
    false,
    "Whether lines may wait in memory to be written together; faster, and lost in a crash.",
  ),
});

/** A treatment of one key in printed user data. */
const filterRule = shaped(
  /^(copy|hide|skip|tag(\(.{0,8}\))?|(un)?hide-(first|last),\s*\d{1,4})$/,
  "copy, hide, skip, tag, hide-first,n, hide-last,n, unhide-first,n or unhide-last,n",
);

/** Section `log-filter`: the treatment of every key that `log-filter-data` does not name. */
export const logFilterSection = z.object({
  "default-filter-type": option(filterRule, "copy", "Treatment of user data in the log."),
});

/** Section `log-filter-data`: key names of the operator's own, each with its treatment. */
export const logFilterKeys = filterRule;
