import { observeDispatcher } from "@dms/dispatcher";
import {
  createLogger,
  createMetrics,
  type MetricCard,
  type Metrics,
  observeCalls,
  observeLog,
  observePort,
  observeRedis,
  observeServers,
  systemClock,
} from "@dms/runtime";
import { observeWorker } from "@dms/worker";
import { openTracing } from "../../libs/runtime/src/tracing/tracing.ts";

const logger = createLogger({ level: "silent", name: "docs" });
const nothing = { channels: ["whatsapp"], fetching: new Set<string>(), leading: new Set<number>(), partitions: 8 };
const idle = { conversations: 0, conversationsMax: 0, sessions: 0, pending: 0, pendingMax: 0, effects: 0 };

function traced(metrics: Metrics): void {
  const settings = { otlpUrl: "http://127.0.0.1:9", headers: {}, sampleRatio: 1, serviceName: "dms" };
  openTracing(settings, { app: "docs", name: "docs", clock: systemClock, metrics });
}

/** All that a process registers, as its main.ts does. */
const registries: Record<"worker" | "dispatcher", (metrics: Metrics) => void> = {
  worker: (metrics) => {
    observeWorker(logger, metrics, systemClock).watch(() => ({
      ...idle,
      effectsMax: 0,
      filesBytes: 0,
      filesBytesMax: 0,
      oldestAt: null,
      hasLease: true,
    }));
    observeServers(metrics, () => []);
    observeCalls(metrics);
    observeRedis(metrics);
    observePort(metrics);
    observeLog(metrics, () => []);
    traced(metrics);
  },
  dispatcher: (metrics) => {
    observeDispatcher(logger, metrics, systemClock).watch(() => ({ ...nothing, hasLease: true }));
    observeCalls(metrics);
    observeRedis(metrics);
    observePort(metrics);
    observeLog(metrics, () => []);
    traced(metrics);
  },
};

function cardsOf(role: keyof typeof registries): MetricCard[] {
  const metrics = createMetrics({ version: "docs" });
  registries[role](metrics);
  return metrics.cards();
}

/** Every metric of every process, by who has it. */
export function metricGroups(): { title: string; cards: MetricCard[] }[] {
  const [worker, dispatcher] = [cardsOf("worker"), cardsOf("dispatcher")];
  const has = (cards: readonly MetricCard[], { name }: MetricCard): boolean => cards.some((card) => card.name === name);
  const isOfNode = ({ name }: MetricCard): boolean => /^dms_(process|nodejs)_/.test(name);
  return [
    { title: "Workers", cards: worker.filter((card) => !has(dispatcher, card)) },
    { title: "Dispatchers", cards: dispatcher.filter((card) => !has(worker, card)) },
    { title: "Both", cards: worker.filter((card) => has(dispatcher, card) && !isOfNode(card)) },
    { title: "Every process, the mocks too", cards: worker.filter(isOfNode) },
  ];
}

const begin = "<!-- metrics: begin (node tools/metrics-docs.ts writes what follows) -->";
const end = "<!-- metrics: end -->";

/** The document with its tables made anew from the registries; what a person wrote around them stays. */
export function renderMetricsDocs(document: string): string {
  const [before, rest] = split(document, begin);
  const [, after] = split(rest, end);
  return `${before}${begin}\n\n${metricGroups().map(table).join("\n")}\n${end}${after}`;
}

function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`docs/metrics.md has lost its line ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

function table({ title, cards }: { title: string; cards: readonly MetricCard[] }): string {
  const rows = cards
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, type, labels, help }) => {
      const listed = labels
        .filter((label) => label !== "le")
        .map((label) => `\`${label}\``)
        .join(", ");
      return `| \`${name}\` | ${type} | ${listed || "–"} | ${unitOf(name, type)} | ${help.replaceAll("|", "\\|")} |`;
    });
  return `### ${title}\n\n| name | type | labels | unit | meaning |\n| --- | --- | --- | --- | --- |\n${rows.join("\n")}\n`;
}

/** By Prometheus' conventions a name ends with its unit, and a counter with `_total`. */
export function unitOf(name: string, type: string): string {
  const bare = name.replace(/_(total|max)$/, "");
  if (bare.endsWith("_timestamp_seconds")) return "seconds since 1970";
  for (const unit of ["seconds", "bytes", "percent"]) if (bare.endsWith(`_${unit}`)) return unit;
  if (bare.endsWith("_sequence")) return "sequence";
  return type === "counter" ? "events" : "count";
}

/** Names that break the conventions: another prefix, a counter without `_total`, anything else with it. */
export function conventionFaults(cards: readonly MetricCard[]): string[] {
  return cards.flatMap(({ name, type, labels }) => {
    const faults: string[] = [];
    if (!/^dms_[a-z0-9_]+$/.test(name)) faults.push(`${name}: begin with dms_, in snake case`);
    if ((type === "counter") !== name.endsWith("_total"))
      faults.push(`${name}: a counter ends with _total, and nothing else does`);
    if (/_(ms|milliseconds|minutes|kb|mb)(_|$)/.test(name)) faults.push(`${name}: use base units: seconds and bytes`);
    if (cards.some((other) => other.name === `${name}_total`))
      faults.push(`${name}: is one family with ${name}_total in OpenMetrics: name it otherwise`);
    for (const label of labels) {
      if (/(^|_)(id|member|conversation|message|session)(_|$)/.test(label))
        faults.push(`${name}: the label ${label} has no bound: ids belong into logs`);
    }
    return faults;
  });
}
