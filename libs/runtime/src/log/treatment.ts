/** How the value of one key is shown. */
export interface Treatment {
  /** `hide` and `skip` go for a whole list too; `show` goes for each value in it. */
  readonly kind: "show" | "hide" | "skip";
  show(value: string): string;
}

/** As many as this stand for a hidden value, so that its length stays unknown too. */
const hidden = "********";
const tagDefaults = ["<#", "#>"] as const;

const counted = /^(hide|unhide)-(first|last),\s*(\d{1,4})$/;
const tagged = /^tag(?:\(([^,()]*)(?:,([^,()]*))?\))?$/;

/**
 * The treatment that a rule names: `copy`, `hide`, `skip`, `hide-first,n`, `hide-last,n`, `unhide-first,n`,
 * `unhide-last,n`, `tag`, `tag(before,after)`. The configuration has checked the rule; one that is unknown hides.
 */
export function treatmentOf(rule: string): Treatment {
  if (rule === "copy") return { kind: "show", show: (value) => value };
  if (rule === "skip") return { kind: "skip", show: () => "" };
  const [, verb, end, count] = counted.exec(rule) ?? [];
  if (verb !== undefined) {
    return { kind: "show", show: (value) => partly(value, { hides: verb === "hide", end, count: Number(count) }) };
  }
  const tag = tagged.exec(rule);
  if (tag === null) return { kind: "hide", show: () => hidden };
  // One mark alone is a prefix; `tag()` is no mark at all.
  const [before, after] = rule === "tag" ? tagDefaults : [tag[1] ?? "", tag[2] ?? ""];
  return { kind: "show", show: (value) => before + value + after };
}

/** Counts characters as people do, so that no half of one is left. */
function partly(
  value: string,
  { hides, end, count }: { hides: boolean; end: string | undefined; count: number },
): string {
  const characters = Array.from(value);
  const isFirst = end === "first";
  const cut = isFirst ? count : characters.length - count;
  return characters.map((each, place) => ((isFirst ? place < cut : place >= cut) === hides ? "*" : each)).join("");
}
