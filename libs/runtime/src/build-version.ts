import { readFileSync } from "node:fs";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };

/** The version that members, metrics and logs name: that of this workspace. */
export const buildVersion = manifest.version;
