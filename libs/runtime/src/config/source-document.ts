import { dirname } from "node:path";
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, Scalar } from "yaml";
import type { Document, Node, YAMLMap } from "yaml";
import { pathText } from "./fault.ts";
import type { Fault, Path } from "./fault.ts";
import { interpolate } from "./interpolate.ts";
import type { Environment } from "./interpolate.ts";

/**
 * A YAML file as text values with their places. Every scalar is text (so that `012` stays a password and `${PORT}` is
 * as good as `4100`), and null where nothing is written; the schema gives types. Tags are ignored.
 */
export interface SourceDocument {
  readonly file: string;
  readonly value: unknown;
  /** Syntax faults (then `value` is undefined) and faults of `${...}`. */
  readonly faults: readonly Fault[];
  /** The line of an option's key, or of the nearest thing above it that is written; undefined for the whole file. */
  lineOf(path: Path): number | undefined;
  /** What was written, where `${...}` was replaced. */
  templateOf(path: Path): string | undefined;
  /** Whether the option is written in the file. */
  isWritten(path: Path): boolean;
  /** Whether its `${...}` failed; the fault is reported already. */
  isFaulted(path: Path): boolean;
}

/** Reads YAML text that is called `file` in faults. Never throws. */
export function readDocument(file: string, text: string, env: Environment): SourceDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: "failsafe",
    merge: true,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: "error",
  });
  const lineAt = (offset: number | undefined): number | undefined =>
    offset === undefined ? undefined : lines.linePos(offset).line;
  const syntax = each(document.errors.map((error) => syntaxFault(file, error.code, lineAt(error.pos[0]))));
  const replaced = new Replacement({ file, env, document, lineAt });
  if (syntax.length === 0) replaced.visit(document.contents as Node | null, []);
  const faults = [...syntax, ...replaced.faults];
  const plain = syntax.length === 0 ? plainValue(document) : { value: undefined };
  if ("isRefused" in plain && faults.length === 0) faults.push(syntaxFault(file, "RESOURCE_EXHAUSTION", undefined));
  return {
    file,
    value: plain.value,
    faults,
    lineOf: (path) => lineAt(keyOffset(document, path)),
    templateOf: (path) => replaced.templates.get(nodeAt(document, path).node as Scalar),
    isWritten: (path) => nodeAt(document, path).depth === path.length,
    isFaulted: (path) => replaced.faulted.has(nodeAt(document, path).node as Scalar),
  };
}

interface ReplacementOptions {
  readonly file: string;
  readonly env: Environment;
  readonly document: Document;
  readonly lineAt: (offset: number | undefined) => number | undefined;
}

/** One walk over the nodes: nothing written becomes null, `${...}` becomes its value. */
class Replacement {
  readonly faults: Fault[] = [];
  readonly templates = new Map<Scalar, string>();
  readonly faulted = new Set<Scalar>();
  readonly #of: ReplacementOptions;

  constructor(of: ReplacementOptions) {
    this.#of = of;
  }

  visit(node: Node | null, path: Path): void {
    if (isMap(node)) {
      for (const pair of node.items) this.visit(pair.value as Node | null, [...path, keyText(pair.key)]);
    } else if (isSeq(node)) {
      node.items.forEach((item, index) => this.visit(item as Node, [...path, index]));
    } else if (isScalar(node)) this.#replace(node, path);
    else if (isAlias(node) && !node.resolve(this.#of.document)) {
      this.faults.push(syntaxFault(this.#of.file, "BAD_ALIAS", this.#of.lineAt(node.range?.[0])));
    }
  }

  #replace(node: Scalar, path: Path): void {
    if (node.type === Scalar.PLAIN && ["", "~", "null"].includes(node.source ?? "")) node.value = null;
    if (typeof node.value !== "string" || !node.value.includes("${")) return;
    const result = interpolate(node.value, this.#of.env, dirname(this.#of.file));
    if (result.ok) {
      if (result.isChanged) this.templates.set(node, node.value);
      node.value = result.text;
      return;
    }
    const line = this.#of.lineAt(node.range?.[0]);
    this.faulted.add(node);
    this.faults.push({
      file: this.#of.file,
      path: pathText(path),
      found: result.found,
      allowed: result.allowed,
      ...(line === undefined ? {} : { line }),
    });
  }
}

/** The deepest written node on the way to `path`, and how many steps of the path led there. */
function nodeAt(document: Document, path: Path): { node: unknown; depth: number; keyOffset?: number } {
  let at: { node: unknown; depth: number; keyOffset?: number } = { node: document.contents, depth: 0 };
  for (const part of path) {
    const node = isAlias(at.node) ? at.node.resolve(document) : at.node;
    const next = isMap(node) ? pairAt(document, node, part) : isSeq(node) ? itemAt(node.items, part) : undefined;
    if (!next) return { ...at, node };
    at = { node: next.node, depth: at.depth + 1, ...(next.offset === undefined ? {} : { keyOffset: next.offset }) };
  }
  return { ...at, node: isAlias(at.node) ? at.node.resolve(document) : at.node };
}

/** The map's own option comes before one that a merge key (`<<`) brings in, as in the value itself. */
function pairAt(document: Document, map: YAMLMap, part: string | number): Found | undefined {
  const pair = map.items.find((item) => keyText(item.key) === part);
  if (pair) return { node: pair.value, offset: isScalar(pair.key) ? pair.key.range?.[0] : undefined };
  for (const merged of mergedInto(document, map)) {
    const found = pairAt(document, merged, part);
    if (found) return found;
  }
  return undefined;
}

function mergedInto(document: Document, map: YAMLMap): YAMLMap[] {
  return map.items
    .filter(({ key }) => isScalar(key) && typeof key.value === "symbol")
    .flatMap(({ value }) => (isSeq(value) ? value.items : [value]))
    .map((node) => (isAlias(node) ? node.resolve(document) : node))
    .filter((node) => isMap(node));
}

function itemAt(items: readonly unknown[], part: string | number): Found | undefined {
  const item = typeof part === "number" ? items[part] : undefined;
  return item === undefined ? undefined : { node: item, offset: (item as Node).range?.[0] };
}

type Found = { node: unknown; offset: number | undefined };

function keyOffset(document: Document, path: Path): number | undefined {
  return nodeAt(document, path).keyOffset;
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function plainValue(document: Document): { value: unknown; isRefused?: true } {
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) };
  } catch {
    // Only aliases can fail here: one without an anchor, or a nest of them that would fill the memory.
    return { value: undefined, isRefused: true };
  }
}

/** The parser's own messages may quote the file, and with it a password; so only its codes are used. */
const syntaxTexts = new Map([
  ["BAD_ALIAS", "an alias (*name) without its anchor; put a text that begins with * in quotes"],
  ["BAD_DQ_ESCAPE", "an unknown escape in double quotes; use single quotes, or two backslashes"],
  ["BAD_SCALAR_START", "a text that begins with @, ` or %; put it in quotes"],
  ["BAD_INDENT", "a line that is not indented as its block needs, or a bracket above it that is not closed"],
  ["BLOCK_AS_IMPLICIT_KEY", "a colon or an indentation that YAML does not allow here"],
  ["DUPLICATE_KEY", "the same option twice"],
  ["MISSING_CHAR", "a quote, bracket, comma or colon that is missing"],
  ["MULTIPLE_DOCS", "more than one YAML document"],
  ["RESOURCE_EXHAUSTION", "too many aliases"],
  ["TAB_AS_INDENT", "a tab at the beginning of a line; use spaces"],
]);

/** The parser may stumble over one thing several times. */
function each(faults: readonly Fault[]): Fault[] {
  const texts = faults.map(({ line, found }) => `${line} ${found}`);
  return faults.filter((_, index) => texts.indexOf(texts[index] ?? "") === index);
}

function syntaxFault(file: string, code: string, line: number | undefined): Fault {
  const found = syntaxTexts.get(code) ?? `a fault of YAML syntax (${code})`;
  return { file, path: "", found, allowed: "a valid YAML file", ...(line === undefined ? {} : { line }) };
}
