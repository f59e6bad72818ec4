/** A replacement taken apart: literal texts and numbers of groups. */
export type Replacement = readonly (string | number)[];

/**
 * Reads a replacement as Java has it: `$1` and `${name}` are groups, a backslash takes the next character as it is.
 * Answers what is at fault in words when a group does not exist.
 */
export function parseReplacement(
  text: string,
  groups: { count: number; names: Readonly<Record<string, number>> },
): Replacement | { fault: string } {
  const parts: (string | number)[] = [];
  for (const [piece, escaped, numbered, named] of text.matchAll(
    /\\(.)|\$(\d{1,2})|\$\{(\w{1,32})\}|[^\\$]+|[\\$]/gsu,
  )) {
    if (escaped !== undefined) parts.push(escaped);
    else if (numbered !== undefined || named !== undefined) {
      const group = numbered === undefined ? groups.names[named ?? ""] : Number(numbered);
      if (group === undefined || group > groups.count)
        return { fault: `${piece}, a group that the search does not have` };
      parts.push(group);
    } else if (piece === "$" || piece === "\\") {
      return { fault: `a single ${piece}; write \\${piece} for the character` };
    } else parts.push(piece);
  }
  return parts;
}
