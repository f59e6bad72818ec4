import type { Config } from "../config/index.ts";
import { scrubRules } from "./scrub-rules.ts";
import { Scrubber } from "./scrubber.ts";
import { openBudget, TextFilter } from "./text-filter.ts";

const leftOut = "(the line is not written)";

/**
 * What a text becomes in the log, filter by filter; a JSON object is taken for the facts of a line, so that pairs below
 * `Parameters` and `UserData` are treated by key.
 */
export function explainFilters(config: Config, text: string): string {
  const fields = factsIn(text);
  // A person waits for it: the time of a line is no matter here.
  const rules = { ...scrubRules(config), lineMsMax: Number.POSITIVE_INFINITY };
  const line = new Scrubber(rules).line(fields ?? {}, fields === undefined ? text : "", false);
  const written = line === null ? leftOut : fields === undefined ? line.message : JSON.stringify(line.fields);
  const steps = fields === undefined ? stepsOf(config, text) : [];
  return [["given", text] as const, ...steps, ["written", written] as const]
    .map(([name, shown]) => `${`${name}:`.padEnd(20)} ${shown}`)
    .join("\n");
}

/** Each filter that changes what the ones before it have left. */
function stepsOf(config: Config, text: string): (readonly [string, string])[] {
  let shown: string | null = text;
  return config.logFilters.flatMap((filter) => {
    if (shown === null) return [];
    const before: string = shown;
    shown = new TextFilter([filter]).apply(before, openBudget(Number.POSITIVE_INFINITY));
    return shown === before ? [] : [[filter.name, shown ?? leftOut] as const];
  });
}

function factsIn(text: string): Record<string, unknown> | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    // A text that only looks like JSON is a text.
    return undefined;
  }
}
