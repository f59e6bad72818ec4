import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { renderConfigDocs } from "../../libs/runtime/src/config/docs.ts";

test("docs/config.md: the tables are those of the schema", () => {
  const document = readFileSync(new URL("../../docs/config.md", import.meta.url), "utf8");
  const isCurrent = renderConfigDocs(document) === document;
  expect(isCurrent, "docs/config.md differs from the schema; mend it with: node tools/config-docs.ts").toBe(true);
});
