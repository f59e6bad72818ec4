import type { Source } from "./repository.ts";
import { functionName, isFunction } from "./sizes.ts";
import { isNode, nameOf, nodesOf } from "./syntax.ts";
import type { SyntaxNode, Visit } from "./syntax.ts";

const thing = "name what it is: registry, ledger, pool, codec";
const deed = "name what it does, and put it beside what it is about";

/** Words that say nothing, each with its mend. They are banned as any part of a name. */
export const bannedWords: ReadonlyMap<string, string> = new Map(
  Object.entries({
    manager: thing,
    managers: thing,
    helper: deed,
    helpers: deed,
    util: deed,
    utils: deed,
    utility: deed,
    utilities: deed,
    common: deed,
    info: "name the facts: status, details, card",
    task: "a BullMQ job is a job, everything else has its own word",
    tasks: "a BullMQ job is a job, everything else has its own word",
    master: "leader, or primary for Redis",
    slave: "replica",
  }),
);

/** Words that are banned as a whole name only: `userData` says whose, `data` says nothing. */
const bannedNames: ReadonlyMap<string, string> = new Map(
  Object.entries({ data: "name what it holds: batch, payload, row" }),
);

/** The other words have an honest meaning in a sentence. */
const bannedInProse = /^(managers?|helpers?|utils?|utility|utilities|masters?|slaves?)$/;

/** Verbs that hide what a function does. */
const bannedVerb = /^(handle|process)[A-Z]/;

/** Names that others have given: levels of a log, words of Redisson and Redis, keys of a wire format. */
export const givenNames: readonly { name: RegExp; where: RegExp; why: string }[] = [
  { name: /^info$/, where: /^(libs\/runtime\/src\/|.*test\.ts$|.*\/testing\/)/, why: "a level of the log" },
  { name: /^processEnv$/, where: /^libs\/runtime\/src\/env\.ts$/, why: "a noun: the environment of the process" },
  {
    name: /master|slave/i,
    where: /^(libs\/(runtime\/src\/config|streams|testkit)\/|docs\/config\.md)/,
    why: "words of Redisson and Redis",
  },
];

/** Banned words in the names that code declares, in file names and in the prose of documents. */
export function nameFaults(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    if (source.path.endsWith(".md")) return proseFaults(source);
    return [...fileFaults(source), ...(source.path.endsWith(".ts") ? codeFaults(source) : [])];
  });
}

function codeFaults(source: Source): string[] {
  const faults = declaredNames(source).flatMap(({ name, line }) => {
    if (isGiven(source.path, name)) return [];
    const mend = mendFor(name) ?? bannedNames.get(name);
    return mend === undefined ? [] : [`${source.path}:${line}: the name ${name}: ${mend}`];
  });
  return [...faults, ...verbFaults(source)];
}

function verbFaults(source: Source): string[] {
  return nodesOf(source).flatMap((visit) => {
    const name = isFunction(visit.node) ? functionName(visit) : undefined;
    if (name === undefined || !bannedVerb.test(name) || isGiven(source.path, name)) return [];
    return [`${source.path}:${visit.line}: the function ${name}: say what it does to its object, as in acceptBatch`];
  });
}

function fileFaults({ path }: Source): string[] {
  return path.split("/").flatMap((part) => {
    const mend = mendFor(part);
    if (mend !== undefined) return [`${path}: the name ${part}: ${mend}`];
    if (part === path.split("/").at(-1) && path.endsWith(".ts") && !/^[a-z0-9-]+(\.[a-z0-9-]+)*\.ts$/.test(part))
      return [`${path}: the name ${part}: file names are kebab case`];
    return [];
  });
}

/** Prose only: code, addresses and what stands in backticks carry the names of others. */
function proseFaults({ path, text }: Source): string[] {
  const prose = text
    .replace(/^```[\s\S]*?^```/gm, (fence) => fence.replace(/[^\n]/g, ""))
    .replace(/`[^`\n]*`|\]\([^)]*\)|https?:\S+/g, "");
  return prose.split("\n").flatMap((line, index) =>
    (line.toLowerCase().match(/[a-z]+/g) ?? []).flatMap((word) => {
      const mend = bannedWords.get(word) ?? bannedWords.get(word.replace(/s$/, ""));
      if (mend === undefined || !bannedInProse.test(word) || isGiven(path, word)) return [];
      return [`${path}:${index + 1}: the word ${word}: ${mend}`];
    }),
  );
}

function mendFor(name: string): string | undefined {
  const words = name.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? [];
  return words.map((word) => bannedWords.get(word.toLowerCase())).find((mend) => mend !== undefined);
}

function isGiven(path: string, name: string): boolean {
  return givenNames.some((given) => given.name.test(name) && given.where.test(path));
}

/** Names that this file chooses: not those that it imports, calls or reads from another's shape. */
function declaredNames(source: Source): { name: string; line: number }[] {
  return nodesOf(source).flatMap((visit) => {
    const name = declaredName(visit);
    return name === undefined ? [] : [{ name, line: visit.line }];
  });
}

const declarations = /^(FunctionDeclaration|ClassDeclaration|TSTypeAliasDeclaration|TSInterfaceDeclaration)$/;
const members = /^(MethodDefinition|PropertyDefinition|TSMethodSignature|TSPropertySignature)$/;

function declaredName({ node, parent, field }: Visit): string | undefined {
  if (node.type !== "Identifier" && node.type !== "PrivateIdentifier") return undefined;
  if (parent === undefined) return undefined;
  const isDeclared =
    (field === "id" && (declarations.test(parent.type) || parent.type === "VariableDeclarator")) ||
    (field === "key" && members.test(parent.type)) ||
    (field === "params" && isFunction(parent)) ||
    (field === "left" && parent.type === "AssignmentPattern") ||
    (field === "value" && isRenaming(parent)) ||
    (field === "argument" && parent.type === "RestElement") ||
    (field === "elements" && parent.type === "ArrayPattern");
  if (!isDeclared || (members.test(parent.type) && isWireName(node))) return undefined;
  return nameOf(node);
}

/** `{ data: rows }` chooses the name rows; `{ data }` takes the one that is there. */
function isRenaming(parent: SyntaxNode): boolean {
  return (
    parent.type === "Property" && parent["shorthand"] !== true && isNode(parent["value"]) && parent["kind"] === "init"
  );
}

/** A member called `data` describes somebody else's shape; other banned words are nobody's wire format. */
function isWireName(node: SyntaxNode): boolean {
  return nameOf(node) === "data";
}
