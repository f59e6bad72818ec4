import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseFilterSpec } from "../log/filter-spec.ts";
import type { Filter } from "../log/filter-spec.ts";
import { foreignOutputs } from "../log/foreign-outputs.ts";
import { faultAt } from "./check.ts";
import type { Checked } from "./check.ts";
import type { Fault } from "./fault.ts";
import type { SourceDocument } from "./source-document.ts";

/** Reads and compiles the filters that `log-filter.logging-filter-spec` names. Faults of the file name the file. */
export function loadLogFilters(
  checked: Checked,
  source: SourceDocument,
): { filters: readonly Filter[]; faults: readonly Fault[] } {
  const section = checked.value["log-filter"] as { "logging-filter-spec"?: string } | undefined;
  const name = section?.["logging-filter-spec"];
  if (name === undefined) return { filters: [], faults: [] };
  const file = resolve(dirname(source.file), name);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    const what = { found: `${name}, which cannot be read`, allowed: "a JSON file with filters (docs/logging.md)" };
    return { filters: [], faults: [faultAt(source, ["log-filter", "logging-filter-spec"], what)] };
  }
  const result = parseFilterSpec(text);
  if ("filters" in result) return { filters: result.filters, faults: [] };
  return { filters: [], faults: result.faults.map((fault) => ({ file, ...fault })) };
}

/** Outputs of the framework's log that mean nothing here, as options. */
export function foreignOutputsIn(checked: Checked): string[] {
  const log = (checked.value["log"] ?? {}) as Readonly<Record<string, unknown>>;
  return Object.entries(log).flatMap(([option, outputs]) =>
    Array.isArray(outputs) && outputs.some((output) => foreignOutputs.has(output as string))
      ? [`log.${option} (network, memory)`]
      : [],
  );
}
