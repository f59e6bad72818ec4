/** One thing that should happen once. Anything that bears one of `tokens` may be it; an optional one may be absent. */
export interface Expected {
  tokens: readonly string[];
  isOptional: boolean;
}

/** Indexes into what was expected and what was seen. Every index of either is in exactly one place. */
export interface Comparison {
  /** `[expected, actual]`, both ascending. */
  matched: [number, number][];
  /** Expected, not optional, and nowhere. */
  missing: number[];
  /** `[expected, actual]`: seen, but not where it belongs. */
  moved: [number, number][];
  /** Seen once more than expected. */
  doubled: number[];
  /** Seen and never expected. */
  foreign: number[];
}

/**
 * Compares what should have happened with what did, so that lost, doubled and out of order are told apart even where
 * texts repeat. Optional ones are taken into account only where something would stay unexplained without them.
 */
export function compare(expected: readonly Expected[], actual: readonly (readonly string[])[]): Comparison {
  const certain = [...expected.keys()].filter((index) => expected[index]?.isOptional === false);
  const plain = compareAmong(certain, { expected, actual });
  const isExplained = plain.moved.length + plain.doubled.length + plain.foreign.length === 0;
  if (isExplained || certain.length === expected.length) return plain;
  return compareAmong([...expected.keys()], { expected, actual });
}

interface Sides {
  expected: readonly Expected[];
  actual: readonly (readonly string[])[];
}

function compareAmong(candidates: readonly number[], sides: Sides): Comparison {
  const matched = longestMatch(candidates, sides);
  const isTaken = new Set(matched.map(([, actual]) => actual));
  const isFound = new Set(matched.map(([wanted]) => wanted));
  const left = new Map<string, number[]>();
  for (const index of candidates) {
    if (isFound.has(index)) continue;
    for (const token of sides.expected[index]?.tokens ?? []) pushTo(left, token, index);
  }
  const known = new Set(candidates.flatMap((index) => sides.expected[index]?.tokens ?? []));
  const result: Comparison = { matched, missing: [], moved: [], doubled: [], foreign: [] };
  for (const [index, tokens] of sides.actual.entries()) {
    if (isTaken.has(index)) continue;
    const wanted = tokens.flatMap((token) => left.get(token) ?? []).find((candidate) => !isFound.has(candidate));
    if (wanted !== undefined) {
      isFound.add(wanted);
      result.moved.push([wanted, index]);
    } else (tokens.some((token) => known.has(token)) ? result.doubled : result.foreign).push(index);
  }
  result.missing = candidates.filter((index) => !isFound.has(index) && sides.expected[index]?.isOptional === false);
  return result;
}

function pushTo(lists: Map<string, number[]>, key: string, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/**
 * The longest pairing that is in order on both sides: equal beginnings at once, the rest as a longest increasing
 * sequence over the places where tokens meet (Hunt and Szymanski), which is fast because texts mostly differ.
 */
function longestMatch(candidates: readonly number[], { expected, actual }: Sides): [number, number][] {
  const matched: [number, number][] = [];
  let start = 0;
  for (; start < Math.min(candidates.length, actual.length); start++) {
    const wanted = candidates[start] ?? -1;
    if (!(actual[start] ?? []).some((token) => expected[wanted]?.tokens.includes(token))) break;
    matched.push([wanted, start]);
  }
  const places = new Map<string, number[]>();
  for (const index of candidates.slice(start)) {
    for (const token of expected[index]?.tokens ?? []) pushTo(places, token, index);
  }
  return [...matched, ...longestIncrease(actual, { start, places })];
}

interface Link {
  wanted: number;
  index: number;
  before: Link | undefined;
}

function longestIncrease(
  actual: readonly (readonly string[])[],
  { start, places }: { start: number; places: ReadonlyMap<string, number[]> },
): [number, number][] {
  const ends: Link[] = [];
  for (let index = start; index < actual.length; index++) {
    const wanted = new Set((actual[index] ?? []).flatMap((token) => places.get(token) ?? []));
    // The latest first, so that one actual thing never extends its own pairing.
    for (const place of [...wanted].toSorted((one, other) => other - one)) {
      const at = firstNotBelow(ends, place);
      ends[at] = { wanted: place, index, before: ends[at - 1] };
    }
  }
  const pairs: [number, number][] = [];
  for (let link = ends.at(-1); link !== undefined; link = link.before) pairs.push([link.wanted, link.index]);
  return pairs.toReversed();
}

function firstNotBelow(ends: readonly Link[], place: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ends[middle]?.wanted ?? 0) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}
