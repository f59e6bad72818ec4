import { secretValues } from "../config/index.ts";
import type { Config } from "../config/index.ts";
import type { ScrubRules } from "./scrubber.ts";

/** The rules of a process's log as its configuration has them. */
export function scrubRules(config: Config): ScrubRules {
  return {
    keyRules: { defaultRule: config.logFilter.defaultFilterType, keys: config.logFilterData },
    filters: config.logFilters,
    secrets: secretValues(config),
  };
}
