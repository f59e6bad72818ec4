import type { AppProcess } from "./app-process.ts";
import type { FiguresFact } from "./history.ts";

/** One line of the Prometheus text format. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** The samples of a scrape; comments and what is no sample are left out. */
export function samplesIn(text: string): Sample[] {
  return text.split("\n").flatMap((line) => {
    const [, name, labels = "", value] = /^([a-z_]+)(?:\{([^}]*)\})? ([0-9.eE+-]+)$/.exec(line) ?? [];
    if (name === undefined) return [];
    const pairs = [...labels.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, key = "", word = ""]) => [key, word] as const);
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
  });
}

/** Asks every process of a cluster for its metrics and sums them up. */
export async function readFigures(apps: Iterable<AppProcess>): Promise<FiguresFact> {
  const figures: FiguresFact = {
    at: Date.now(),
    pulled: { accepted: 0, malformed: 0 },
    done: {},
    backlog: 0,
    deadLetters: 0,
    counts: null,
    isComplete: true,
  };
  const counted = new Counted();
  for (const app of apps) {
    if (app.app === "hub-mock" || app.app === "chat-mock") continue;
    const samples = await scrape(app);
    if (samples === null) figures.isComplete = false;
    for (const sample of samples ?? []) {
      if (countsAgain(sample)) figures.isComplete = false;
      take(figures, sample);
      counted.take(sample);
    }
  }
  figures.counts = counted.whole();
  return figures;
}

async function scrape(app: AppProcess): Promise<Sample[] | null> {
  if (app.pid === undefined) return null;
  try {
    const response = await fetch(`http://127.0.0.1:${app.port}/metrics`, { signal: AbortSignal.timeout(5000) });
    return samplesIn(await response.text());
  } catch {
    // Dead, frozen or ended: then the figures are not whole, which is what is said.
    return null;
  }
}

/** Who has lost Redis reads anew, and counts again what it counted before; an accept that was not answered counts nothing. */
function countsAgain({ name, labels, value }: Sample): boolean {
  if (name === "dms_redis_resets_total") return value > 0;
  return name === "dms_fetch_failures_total" && labels["operation"] === "accept" && value > 0;
}

function take(figures: FiguresFact, { name, labels, value }: Sample): void {
  const { outcome = "" } = labels;
  if (name === "dms_messages_total") figures.done[outcome] = (figures.done[outcome] ?? 0) + value;
  if (name === "dms_backlog_entries") figures.backlog += value;
  if (name === "dms_dead_letters_stored") figures.deadLetters += value;
  if (name !== "dms_messages_pulled_total") return;
  if (outcome === "accepted" || outcome === "malformed") figures.pulled[outcome] += value;
}

const buriedReasons = /^(rejected|crashing|missing|no-session)$/;

/** The scripts' counts by partition: two leaders may speak of one for a moment, and the later word is the greater. */
class Counted {
  readonly #byPartition = new Map<string, Map<string, number>>();
  #partitions = Number.POSITIVE_INFINITY;

  take({ name, labels, value }: Sample): void {
    if (name === "dms_partitions") this.#partitions = value;
    const [, what] = /^dms_partition_(accepted|settled|dead)_total$/.exec(name) ?? [];
    const { partition, reason = "" } = labels;
    if (what === undefined || partition === undefined) return;
    const counts = this.#byPartition.get(partition) ?? new Map<string, number>();
    this.#byPartition.set(partition, counts);
    const key = what === "dead" ? reason : what;
    counts.set(key, Math.max(counts.get(key) ?? 0, value));
  }

  whole(): FiguresFact["counts"] {
    if (this.#byPartition.size < this.#partitions) return null;
    const all = [...this.#byPartition.values()].flatMap((counts) => [...counts]);
    const sum = (fits: (key: string) => boolean): number =>
      all.filter(([key]) => fits(key)).reduce((total, [, count]) => total + count, 0);
    return {
      accepted: sum((key) => key === "accepted"),
      settled: sum((key) => key === "settled"),
      malformed: sum((key) => key === "malformed"),
      buried: sum((key) => buriedReasons.test(key)),
    };
  }
}
