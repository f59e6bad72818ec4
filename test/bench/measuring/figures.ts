/** A figure over repeated runs: the median, and the least and greatest that were seen. */
export interface Figure {
  median: number;
  least: number;
  greatest: number;
  runs: number;
}

/** The value below which `share` of the values lie; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function figureOf(values: readonly number[]): Figure {
  return {
    median: median(values),
    least: Math.min(...values),
    greatest: Math.max(...values),
    runs: values.length,
  };
}
