import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { renderPrometheusRule, ruleFile } from "../../tools/prometheus-rule.ts";

test("manifests: the operator's rules are those of deploy/prometheus/rules", () => {
  const file = readFileSync(new URL(`../../${ruleFile}`, import.meta.url), "utf8");
  const isCurrent = file === renderPrometheusRule();
  expect(isCurrent, `${ruleFile} differs from the rules; mend it with: node tools/prometheus-rule.ts`).toBe(true);
});
