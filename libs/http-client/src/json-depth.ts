/** Real messages are a handful of levels deep; what writes or walks a value by recursion ends at a few thousand. */
export const jsonDepthMax = 64;

/** Whether lists and maps stand within each other deeper than anything here may be. Needs no stack itself. */
export function isTooDeep(value: unknown, depthMax = jsonDepthMax): boolean {
  const waiting: [value: unknown, depth: number][] = [[value, 0]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [inner, depth] = next;
    if (typeof inner !== "object" || inner === null) continue;
    if (depth >= depthMax) return true;
    for (const each of Object.values(inner)) waiting.push([each, depth + 1]);
  }
  return false;
}

/** The JSON of a parsed value however deep it is, where JSON.stringify would run out of stack. */
export function writeJson(value: unknown): string {
  const parts: string[] = [];
  // What is left to write, the next piece last: a value, or text that goes out as it is.
  const waiting: ({ value: unknown } | { text: string })[] = [{ value }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if ("text" in next) parts.push(next.text);
    else if (typeof next.value !== "object" || next.value === null) parts.push(JSON.stringify(next.value));
    else {
      const isList = Array.isArray(next.value);
      const entries = Object.entries(next.value);
      parts.push(isList ? "[" : "{");
      waiting.push({ text: isList ? "]" : "}" });
      for (const [place, [key, inner]] of [...entries.entries()].reverse()) {
        waiting.push({ value: inner }, { text: `${place > 0 ? "," : ""}${isList ? "" : `${JSON.stringify(key)}:`}` });
      }
    }
  }
  return parts.join("");
}
