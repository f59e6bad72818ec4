/** Writes the tables of docs/config.md anew from the configuration's schema. */
import { readFileSync, writeFileSync } from "node:fs";
import { renderConfigDocs } from "../libs/runtime/src/config/docs.ts";

const file = new URL("../docs/config.md", import.meta.url);
writeFileSync(file, renderConfigDocs(readFileSync(file, "utf8")));
