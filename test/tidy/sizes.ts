import type { Source } from "./repository.ts";
import { isNode, nameOf, nodesOf } from "./syntax.ts";
import type { SyntaxNode, Visit } from "./syntax.ts";

export const sizeLimits = { fileLinesMax: 400, functionLinesMax: 70, parametersMax: 3 };

/** Files, functions and parameter lists over the limits, and default exports. */
export function sizeFaults(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => path.endsWith(".ts"))
    .flatMap((source) => [...fileFaults(source), ...codeFaults(source)]);
}

function fileFaults({ path, text }: Source): string[] {
  const lines = text.split("\n").length - 1;
  if (lines <= sizeLimits.fileLinesMax) return [];
  return [`${path}: ${lines} lines: at most ${sizeLimits.fileLinesMax}; move a noun of its own into a file of its own`];
}

function codeFaults(source: Source): string[] {
  return nodesOf(source).flatMap((visit) => {
    const at = `${source.path}:${visit.line}`;
    if (visit.node.type === "ExportDefaultDeclaration" && !allowsDefault(source.path))
      return [`${at}: a default export: export it by its name`];
    if (!isFunction(visit.node)) return [];
    const name = functionName(visit) ?? "a function";
    return [lengthFault(source, visit), parametersFault(visit)].flatMap((fault) =>
      fault === undefined ? [] : [`${at}: ${name} ${fault}`],
    );
  });
}

/** Tools that load a file by its default export. */
function allowsDefault(path: string): boolean {
  return path === "test/tally.ts" || path.endsWith(".config.ts");
}

function lengthFault(source: Source, visit: Visit): string | undefined {
  const lines = source.text.slice(visit.node.start, visit.node.end).split("\n").length;
  if (lines <= sizeLimits.functionLinesMax || isDescription(visit)) return undefined;
  return `has ${lines} lines: at most ${sizeLimits.functionLinesMax}; name its steps as functions`;
}

function parametersFault(visit: Visit): string | undefined {
  const { node } = visit;
  const parameters = (Array.isArray(node["params"]) ? (node["params"] as unknown[]) : []).filter(
    (each) => nameOf(each) !== "this",
  );
  if (parameters.length <= sizeLimits.parametersMax || isRowOfTable(visit)) return undefined;
  return `has ${parameters.length} parameters: at most ${sizeLimits.parametersMax}; pass one options object`;
}

/** The callback of `describe` is a heading, not a function. */
function isDescription({ parent }: Visit): boolean {
  if (parent?.type !== "CallExpression") return false;
  const callee = parent["callee"];
  return nameOf(callee) === "describe" || (isNode(callee) && nameOf(callee["object"]) === "describe");
}

/** The callback of `test.each(table)(title, callback)`: its parameters are the table's columns. */
function isRowOfTable({ parent }: Visit): boolean {
  const callee = parent?.type === "CallExpression" ? parent["callee"] : undefined;
  const table = isNode(callee) && callee.type === "CallExpression" ? callee["callee"] : undefined;
  return isNode(table) && nameOf(table["property"]) === "each";
}

export function isFunction(node: SyntaxNode): boolean {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|TSEmptyBodyFunctionExpression|TSDeclareFunction|TSMethodSignature|TSFunctionType)$/.test(
    node.type,
  );
}

/** The name under which a function is declared, as method, variable, property or by itself. */
export function functionName({ node, parent }: Visit): string | undefined {
  const own = nameOf(node["id"]) ?? nameOf(node["key"]);
  if (own !== undefined || parent === undefined) return own;
  if (/^(MethodDefinition|PropertyDefinition|Property|TSAbstractMethodDefinition)$/.test(parent.type))
    return nameOf(parent["key"]);
  return parent.type === "VariableDeclarator" ? nameOf(parent["id"]) : undefined;
}
