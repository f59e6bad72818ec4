import { parse } from "yaml";

export interface AlertRule {
  alert: string;
  expr: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}
interface Rule extends Partial<AlertRule> {
  record?: string;
  expr: string;
}

/** The rules of one file, in order. */
export function rulesIn(text: string): Rule[] {
  const { groups } = parse(text) as { groups: { rules: Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

export const severities = ["critical", "warning"];
const parts = ["Meaning", "Check", "Act", "Undo"];

/** Alerts without a whole section in the runbook, and sections without an alert. */
export function runbookFaults(rules: readonly Rule[], runbook: string): string[] {
  const alerts = rules.filter((rule) => rule.alert !== undefined) as AlertRule[];
  const sections = new Map(
    runbook
      .split(/^### /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf("\n")), section.replace(/^## .*$[^]*/m, "")]),
  );
  return [
    ...alerts.flatMap((rule) => alertFaults(rule, sections.get(rule.alert))),
    ...[...sections.keys()]
      .filter((title) => !alerts.some(({ alert }) => alert === title))
      .map((title) => `docs/runbook.md: there is no alert ${title}: remove the section`),
  ];
}

function alertFaults({ alert, labels, annotations }: AlertRule, section: string | undefined): string[] {
  const faults: string[] = [];
  if (!severities.includes(labels["severity"] ?? "")) faults.push(`severity must be one of ${severities.join(", ")}`);
  if (annotations["runbook"] !== `docs/runbook.md#${alert.toLowerCase()}`)
    faults.push(`the annotation runbook must be docs/runbook.md#${alert.toLowerCase()}`);
  for (const name of ["summary", "description"]) if (!annotations[name]) faults.push(`no ${name}`);
  if (section === undefined) faults.push(`docs/runbook.md has no section ### ${alert}`);
  else {
    if (!section.includes(`\n${labels["severity"]}\n`))
      faults.push("its section in docs/runbook.md has another severity");
    for (const part of parts)
      if (!section.includes(`\n- **${part}.** `)) faults.push(`its section has no part **${part}.**`);
  }
  return faults.map((fault) => `${alert}: ${fault}`);
}

/** Names in a PromQL expression that are metrics of ours, or figures that rules record. */
export function metricsIn(expr: string): string[] {
  const families = [...expr.matchAll(/__name__=~"([^"]+)"/g)].flatMap(([, pattern = ""]) => alternatives(pattern));
  const plain = expr.replace(/"[^"]*"/g, "").match(/\bdms[:_][a-z0-9_:A-Z]*/g) ?? [];
  return [...new Set([...plain, ...families])];
}

/** `dms_(a|b)_c` is two names. */
function alternatives(pattern: string): string[] {
  const [, before = "", choice, after = ""] = /^([^(]*)\(([^)]*)\)(.*)$/.exec(pattern) ?? [];
  if (choice === undefined) return [pattern];
  return choice.split("|").map((word) => `${before}${word}${after}`);
}

/** Metrics that an expression uses and nobody has. A histogram is asked for by its parts. */
export function unknownMetrics(expr: string, known: ReadonlySet<string>): string[] {
  return metricsIn(expr).filter((name) => !known.has(name) && !known.has(name.replace(/_(bucket|count|sum)$/, "")));
}
