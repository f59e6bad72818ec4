import type { Matcher } from "re2js";
import { filterBounds, logBounds, suppressed } from "./bounds.ts";
import type { Filter, Search } from "./filter-spec.ts";
import { findCardNumber } from "./luhn.ts";
import type { Replacement } from "./replacement.ts";

/**
 * The time of the line in hand. The clock is looked at first, for it costs least; on a busy machine it runs while this
 * thread does not, so once it is over the thread's own time decides.
 */
export interface LineBudget {
  readonly lineMsMax: number;
  readonly endsAt: number;
  /** Of the thread's time in microseconds, from when the clock's was over. */
  threadEndsAt: number | null;
}

/** Opens the budget of one line. */
export function openBudget(lineMsMax: number = logBounds.lineMsMax): LineBudget {
  return { lineMsMax, endsAt: performance.now() + lineMsMax, threadEndsAt: null };
}

function isOver(budget: LineBudget): boolean {
  if (performance.now() <= budget.endsAt) return false;
  const { user, system } = process.threadCpuUsage();
  budget.threadEndsAt ??= user + system + budget.lineMsMax * 1000;
  return user + system > budget.threadEndsAt;
}

/**
 * The filters of a specification, in their order, over one text of a line after the other.
 * skip: null, and the line is not written. hide: the whole text is suppressed. edit: each step replaces its matches in
 * what the step before has left.
 */
export class TextFilter {
  readonly #filters: readonly Filter[];

  constructor(filters: readonly Filter[]) {
    this.#filters = filters;
  }

  /** The text as it may be shown; null when its line must not be written. A text that costs too much is suppressed. */
  apply(text: string, budget: LineBudget): string | null {
    let shown = text;
    for (const filter of this.#filters) {
      if (isOver(budget)) return suppressed;
      if (filter.kind === "edit") shown = edited(shown, filter.steps, budget);
      else if (hasMatch(shown, filter.search, budget)) {
        if (filter.kind === "skip") return null;
        shown = suppressed;
      }
    }
    return shown;
  }
}

function edited(text: string, steps: readonly (Search & { replacement: Replacement })[], budget: LineBudget): string {
  let shown = text;
  for (const step of steps) {
    if (isOver(budget)) return suppressed;
    shown = replaced(shown, step, budget);
  }
  return shown;
}

function replaced(text: string, step: Search & { replacement: Replacement }, budget: LineBudget): string {
  // Most texts hold nothing of the kind, and the engine says so several times faster than it finds places.
  if (!step.pattern.compiled.test(text)) return text;
  const matcher = step.pattern.compiled.matcher(text);
  let shown = "";
  let from = 0;
  for (let count = 0; matcher.find(from); count++) {
    if (count >= filterBounds.matchesMax || isOver(budget)) return suppressed;
    const start = matcher.start();
    const found = matcher.group() ?? "";
    const part = step.needsLuhn ? findCardNumber(found) : { start: 0, end: found.length };
    const end = start + (part?.end ?? found.length);
    shown += text.slice(from, start + (part?.start ?? found.length));
    if (part !== undefined) {
      const isWhole = part.start === 0 && part.end === found.length;
      shown += isWhole ? filled(step.replacement, matcher) : insteadOf(found.slice(part.start, part.end), step);
    }
    // A match of nothing moves on by a character, or it would be found for ever.
    from = end > from || found !== "" ? end : end + 1;
    if (from > end) shown += text.slice(end, from);
    if (from > text.length) return shown;
  }
  return shown + text.slice(from);
}

/** What stands for a part of a match: its groups are those of the search in it alone. */
function insteadOf(part: string, { pattern, replacement }: Search & { replacement: Replacement }): string {
  const matcher = pattern.compiled.matcher(part);
  return matcher.matches() ? filled(replacement, matcher) : suppressed;
}

function filled(replacement: Replacement, matcher: Matcher): string {
  return replacement.map((part) => (typeof part === "number" ? (matcher.group(part) ?? "") : part)).join("");
}

/** A text that is too costly to search counts as a match: what was not looked at is not shown. */
function hasMatch(text: string, search: Search, budget: LineBudget): boolean {
  if (!search.pattern.compiled.test(text)) return false;
  const matcher = search.pattern.compiled.matcher(text);
  for (let count = 0; matcher.find(); count++) {
    if (count >= filterBounds.matchesMax || isOver(budget)) return true;
    if (!search.needsLuhn || findCardNumber(matcher.group() ?? "") !== undefined) return true;
  }
  return false;
}
