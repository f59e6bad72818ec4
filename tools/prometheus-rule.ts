import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";

const root = fileURLToPath(new URL("..", import.meta.url));
export const ruleFile = "k8s/components/prometheus-rule/rules.yaml";

/** The rules of deploy/prometheus/rules as one object of the Prometheus operator: Kustomize cannot put a file into a field. */
export function renderPrometheusRule(): string {
  const folder = join(root, "deploy/prometheus/rules");
  const files = readdirSync(folder).filter((name) => name.endsWith(".yml"));
  const groups = files.toSorted().flatMap((name) => {
    const { groups: found = [] } = parse(readFileSync(join(folder, name), "utf8")) as { groups?: unknown[] };
    return found;
  });
  const rule = {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: { name: "dms" },
    spec: { groups },
  };
  return `# Written by node tools/prometheus-rule.ts from deploy/prometheus/rules.\n${stringify(rule, { lineWidth: 0 })}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(join(root, ruleFile), renderPrometheusRule());
