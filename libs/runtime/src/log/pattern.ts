import { RE2JS } from "re2js";
import { messageOf } from "../errors.ts";
import { filterBounds } from "./bounds.ts";

/** A compiled search of the operator's, in an engine whose time grows with the text's length and never faster. */
export interface Pattern {
  readonly compiled: RE2JS;
  readonly groups: { count: number; names: Readonly<Record<string, number>> };
  readonly programSize: number;
}

/** Compiles a search; what it may cost is bound here, before it sees a text. Answers a fault in words. */
export function compilePattern(search: string): Pattern | { found: string; allowed: string } {
  const { patternLengthMax, repeatMax, programSizeMax } = filterBounds;
  if (search.length > patternLengthMax) {
    return { found: `${search.length} characters`, allowed: `at most ${patternLengthMax} characters` };
  }
  const repeat = largestRepeat(search);
  if (repeat > repeatMax) return { found: `a repeat of ${repeat}`, allowed: `repeats of at most ${repeatMax}` };
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(search);
  } catch (caught) {
    // The engine names what it does not know: lookaround, back references, possessive repeats.
    return {
      found: messageOf(caught),
      allowed: "a regular expression without lookaround, back references and possessive repeats (RE2 syntax)",
    };
  }
  const programSize = compiled.programSize();
  if (programSize > programSizeMax) {
    const found = `a pattern of ${programSize} instructions`;
    return { found, allowed: `at most ${programSizeMax} instructions: fewer or smaller repeats within each other` };
  }
  return { compiled, programSize, groups: { count: compiled.groupCount(), names: compiled.namedGroups() } };
}

function largestRepeat(search: string): number {
  const counts = [...search.matchAll(/\{(\d*),?(\d*)\}/g)].flatMap(([, least, most]) => [Number(least), Number(most)]);
  return Math.max(0, ...counts);
}
