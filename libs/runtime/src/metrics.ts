import {
  collectDefaultMetrics,
  Counter as PromCounter,
  Gauge as PromGauge,
  Histogram as PromHistogram,
  Registry,
} from "prom-client";
import { buildVersion } from "./build-version.ts";
import { DmsError } from "./errors.ts";

type LabelValues<L extends string> = Readonly<Record<L, string>>;

export interface CounterSeries {
  /** Adds `amount` (default 1), which is never negative. */
  add(amount?: number): void;
}
export interface GaugeSeries {
  set(value: number): void;
  add(amount: number): void;
}
export interface HistogramSeries {
  observe(value: number): void;
}

/** A metric with labels: `of` answers the series of these values, always the same object. */
export interface Labelled<L extends string, S> {
  of(values: LabelValues<L>): S;
}

/** One series of a metric that is read at each scrape. */
export type Reading<L extends string> = readonly [labels: LabelValues<L>, value: number];

interface MetricOptions<L extends string> {
  /** Begins with `dms_` and ends with its unit (`_total`, `_seconds`, `_bytes`). */
  name: `dms_${string}`;
  help: string;
  /** Few known values each: ids belong into logs. */
  labels?: readonly L[];
}

/** Asked at each scrape: the whole of what there is to say then, so that what is gone is not said any more. */
interface Read<L extends string> {
  read?: () => number | Iterable<Reading<L>>;
}

/** A metric as it is registered. */
export interface MetricCard {
  name: string;
  type: string;
  labels: readonly string[];
  help: string;
}

/**
 * All figures of one process. A name registered again with the same definition answers the same metric, for a process may be
 * two members; with another definition it throws.
 */
export interface Metrics {
  counter<const L extends string = never>(
    options: MetricOptions<L> & Read<L>,
  ): CounterSeries & Labelled<L, CounterSeries>;
  gauge<const L extends string = never>(options: MetricOptions<L> & Read<L>): GaugeSeries & Labelled<L, GaugeSeries>;
  histogram<const L extends string = never>(
    options: MetricOptions<L> & { buckets?: readonly number[] },
  ): HistogramSeries & Labelled<L, HistogramSeries>;
  /** Everything in Prometheus text format. */
  text(): Promise<string>;
  /** What is registered, in that order. */
  cards(): MetricCard[];
  readonly contentType: string;
}

const nameLike = /^dms_[a-z0-9_]+$/;

/** Seconds; from a Redis call on loopback to a chat server that is at its time-out. */
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * The process's metrics. Those of Node and the process itself are included (`dms_process_*`, `dms_nodejs_*`) unless
 * `hasProcessMetrics` is false, which the simulator uses: hundreds of registries in one process would each watch its loop.
 */
export function createMetrics(options: { hasProcessMetrics?: boolean; version?: string } = {}): Metrics {
  const register = new Registry();
  if (options.hasProcessMetrics ?? true) collectDefaultMetrics({ register, prefix: "dms_" });
  const known = new Map<string, Known>();
  const metrics: Metrics = {
    counter: (metric) => {
      const kept = once(known, { ...metric, type: "counter" }, (readers) => {
        const prom: PromCounter = new PromCounter({
          ...settings(metric),
          ...(metric.read && { collect: () => collect(prom, readers) }),
          registers: [register],
        });
        return { ...adding(prom), of: seriesCache(metric.labels, (values) => adding(prom.labels(...values))) };
      });
      return kept as CounterSeries & Labelled<string, CounterSeries>;
    },
    gauge: (metric) => {
      const kept = once(known, { ...metric, type: "gauge" }, (readers) => {
        const prom: PromGauge = new PromGauge({
          ...settings(metric),
          ...(metric.read && { collect: () => collect(prom, readers) }),
          registers: [register],
        });
        return { ...moving(prom), of: seriesCache(metric.labels, (values) => moving(prom.labels(...values))) };
      });
      return kept as GaugeSeries & Labelled<string, GaugeSeries>;
    },
    histogram: (metric) => {
      const kept = once(known, { ...metric, type: "histogram" }, () => {
        const buckets = [...(metric.buckets ?? secondsBuckets)];
        const prom = new PromHistogram({ ...settings(metric), buckets, registers: [register] });
        return { ...observing(prom), of: seriesCache(metric.labels, (values) => observing(prom.labels(...values))) };
      });
      return kept as HistogramSeries & Labelled<string, HistogramSeries>;
    },
    text: () => register.metrics(),
    cards: () => register.getMetricsAsArray().map(cardOf),
    contentType: register.contentType,
  };
  const build = metrics.gauge({
    name: "dms_build_info",
    help: "Always 1; the labels say which build this is",
    labels: ["version", "node"],
  });
  build.of({ version: options.version ?? buildVersion, node: process.version }).set(1);
  return metrics;
}

interface Known {
  definition: string;
  metric: unknown;
  readers: Reader[];
}

type Reader = () => number | Iterable<Reading<string>>;

interface Definition {
  name: string;
  help: string;
  labels?: readonly string[];
  buckets?: readonly number[];
  read?: Reader;
}

/** The metric of this name, made at its first registration; each registration may add a reader. */
function once(
  known: Map<string, Known>,
  metric: Definition & { type: string },
  make: (readers: Reader[]) => unknown,
): unknown {
  const { type, name, help, labels = [], buckets, read } = metric;
  const definition = JSON.stringify([type, help, labels, buckets, read !== undefined]);
  let kept = known.get(name);
  if (kept === undefined) {
    const readers: Reader[] = [];
    kept = { definition, metric: make(readers), readers };
    known.set(name, kept);
  } else if (kept.definition !== definition) {
    throw new DmsError("DMS_METRIC_NAME_INVALID", `metric ${name}: there is another metric of this name`);
  }
  if (read !== undefined) kept.readers.push(read);
  return kept.metric;
}

/** Says anew what there is now: series that no reader names any more are gone. */
function collect(prom: PromCounter | PromGauge, readers: readonly Reader[]): void {
  prom.reset();
  for (const read of readers) {
    const reading = read();
    if (typeof reading === "number") prom.inc(reading);
    else for (const [labels, value] of reading) prom.labels(labels).inc(value);
  }
}

/** What prom-client keeps of a metric's definition; its types leave it out. */
function cardOf(metric: unknown): MetricCard {
  const { name, help, type, labelNames } = metric as { name: string; help: string; type: string; labelNames: string[] };
  return { name, type: String(type), labels: [...labelNames], help };
}

function settings(metric: { name: string; help: string; labels?: readonly string[] }) {
  if (!nameLike.test(metric.name))
    throw new DmsError(
      "DMS_METRIC_NAME_INVALID",
      `metric ${metric.name}: the name must begin with dms_ and be snake case`,
    );
  return { name: metric.name, help: metric.help, labelNames: [...(metric.labels ?? [])] };
}

/** Series are kept: looking one up in prom-client takes 310 to 380 ns, hashing every label each time. */
function seriesCache<S>(
  labels: readonly string[] = [],
  make: (values: string[]) => S,
): (values: Readonly<Record<string, string>>) => S {
  const known = new Map<string, S>();
  return (values) => {
    const ordered = labels.map((label) => values[label] ?? "");
    const key = ordered.join("\u0000");
    let series = known.get(key);
    if (series === undefined) {
      series = make(ordered);
      known.set(key, series);
    }
    return series;
  };
}

function adding(prom: { inc(amount: number): void }): CounterSeries {
  return { add: (amount = 1) => prom.inc(amount) };
}

function moving(prom: { set(value: number): void; inc(amount: number): void }): GaugeSeries {
  return { set: (value) => prom.set(value), add: (amount) => prom.inc(amount) };
}

function observing(prom: { observe(value: number): void }): HistogramSeries {
  return { observe: (value) => prom.observe(value) };
}
