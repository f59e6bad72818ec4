/** Writes the tables of docs/metrics.md anew from what the processes register. */
import { readFileSync, writeFileSync } from "node:fs";
import { renderMetricsDocs } from "../test/tidy/metrics.ts";

const file = new URL("../docs/metrics.md", import.meta.url);
writeFileSync(file, renderMetricsDocs(readFileSync(file, "utf8")));
