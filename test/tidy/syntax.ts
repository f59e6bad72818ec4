import { parseAst } from "rolldown/parseAst";
import type { Source } from "./repository.ts";

/** A node of the syntax tree as the rules need it: they look at few kinds, each by its own fields. */
export interface SyntaxNode {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
}

export interface Visit {
  node: SyntaxNode;
  parent: SyntaxNode | undefined;
  /** The field of the parent under which the node stands. */
  field: string;
  line: number;
}

const known = new WeakMap<Source, Visit[]>();

/** Every node of a TypeScript file, parents first. Throws when the file does not parse. */
export function nodesOf(source: Source): Visit[] {
  let visits = known.get(source);
  if (visits === undefined) {
    const program: unknown = parseAst(source.text, { lang: "ts" }, source.path);
    visits = [];
    collect({ visits, starts: lineStarts(source.text) }, { node: program as SyntaxNode, parent: undefined, field: "" });
    known.set(source, visits);
  }
  return visits;
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** The name of an identifier, or the text of a string literal. */
export function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === "Identifier" || node.type === "PrivateIdentifier") return node["name"] as string;
  return node.type === "Literal" && typeof node["value"] === "string" ? node["value"] : undefined;
}

export function lineAt(source: Source, offset: number): number {
  return lineIn(lineStarts(source.text), offset);
}

function collect(into: { visits: Visit[]; starts: number[] }, at: Omit<Visit, "line">): void {
  into.visits.push({ ...at, line: lineIn(into.starts, at.node.start) });
  for (const [field, value] of Object.entries(at.node))
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value])
      if (isNode(child)) collect(into, { node: child, parent: at.node, field });
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function lineIn(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}
