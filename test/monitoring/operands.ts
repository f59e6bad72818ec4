const operator = / (?:and|or|unless)(?: on \([^)]*\))? /g;

/** Every expression that is left when one operand of `and`, `or` or `unless` is taken out of this one, at any depth. */
export function withoutOneOperand(expr: string): string[] {
  return groupsIn(expr).flatMap(([from, to]) => {
    const cuts = [...flattened(expr.slice(from, to)).matchAll(operator)].map(
      ({ 0: text, index }) => [from + index, from + index + text.length] as const,
    );
    if (cuts.length === 0) return [];
    return [from, ...cuts.map(([start]) => start)].map((start, i) => {
      const end = i === 0 ? (cuts[0]?.[1] ?? to) : (cuts[i]?.[0] ?? to);
      return expr.slice(0, start) + expr.slice(end);
    });
  });
}

/** Where the whole and what each pair of brackets holds begin and end. */
function groupsIn(expr: string): [from: number, to: number][] {
  const groups: [number, number][] = [[0, expr.length]];
  const open: number[] = [];
  for (const { 0: bracket, index } of expr.matchAll(/[()]/g)) {
    if (bracket === "(") open.push(index + 1);
    else groups.push([open.pop() ?? 0, index]);
  }
  return groups;
}

/** The text with dots for all that stands in brackets, so that every place in it is the same. */
function flattened(text: string): string {
  let depth = 0;
  return text.replace(/[^]/g, (letter) => {
    if (letter === ")" || letter === "}") depth--;
    const shown = depth === 0 ? letter : ".";
    if (letter === "(" || letter === "{") depth++;
    return shown;
  });
}
