import type { TestCluster } from "@dms/testkit";

export interface Figure {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** All that the members of a cluster say at `/metrics` now; processes that were ended are left out. */
export async function figuresOf(cluster: TestCluster): Promise<Figure[]> {
  const members = [...cluster.apps.values()].filter(({ app, isRunning }) => isRunning && !app.endsWith("-mock"));
  const texts = await Promise.all(
    members.map(async ({ port }) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
  );
  return texts.flatMap((text) => text.split("\n").flatMap(figureIn));
}

function figureIn(line: string): Figure[] {
  const [, name, labels = "", value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined || line.startsWith("#")) return [];
  const pairs = [...labels.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, label = "", word = ""]) => [label, word]);
  return [{ name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }];
}

/** The sum of a metric over processes and labels, of those series whose labels fit. */
export function sumOf(figures: readonly Figure[], name: string, wanted: Record<string, RegExp> = {}): number {
  const fits = ({ labels }: Figure): boolean =>
    Object.entries(wanted).every(([label, words]) => new RegExp(`^(${words.source})$`).test(labels[label] ?? ""));
  return figures.filter((figure) => figure.name === name && fits(figure)).reduce((sum, { value }) => sum + value, 0);
}
