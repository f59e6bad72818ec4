import { isShipped } from "./repository.ts";
import type { Source } from "./repository.ts";
import { isNode, nameOf, nodesOf } from "./syntax.ts";
import type { SyntaxNode, Visit } from "./syntax.ts";

const clock = "take a Clock as a parameter (systemClock of @dms/runtime in main.ts)";
const random = "take a Random as a parameter (systemRandom of @dms/runtime in main.ts)";
const environment = "read the configuration instead; main.ts alone asks processEnv() of @dms/runtime";

/** Time, chance and environment that come from nowhere: the simulator cannot replace them. Each with its mend. */
export const ambient: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "Date.now": clock,
    "new Date()": clock,
    "performance.now": clock,
    "AbortSignal.timeout": clock,
    setTimeout: clock,
    setInterval: clock,
    "node:timers": clock,
    "node:timers/promises": clock,
    "Math.random": random,
    "process.env": environment,
  }),
);

/** Only the library that wraps them may use them, and what tests cannot do without. */
const free = ["libs/runtime/", "libs/testkit/"];

export function ambientFaults(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => isShipped(path) && !free.some((home) => path.startsWith(home)))
    .flatMap((source) =>
      nodesOf(source).flatMap((visit) => {
        const name = ambientName(visit);
        const mend = name === undefined ? undefined : ambient.get(name);
        return mend === undefined ? [] : [`${source.path}:${visit.line}: uses ${name}: ${mend}`];
      }),
    );
}

function ambientName({ node }: Visit): string | undefined {
  if (node.type === "MemberExpression") return memberName(node);
  if (node.type === "ImportDeclaration") return nameOf(node["source"]);
  if (node.type === "CallExpression") return nameOf(node["callee"]);
  if (node.type === "NewExpression" && nameOf(node["callee"]) === "Date" && count(node["arguments"]) === 0)
    return "new Date()";
  return undefined;
}

/** `Date.now` and `globalThis.Date.now` alike. */
function memberName(node: SyntaxNode): string {
  const object = node["object"];
  const owner = isNode(object) && object.type === "MemberExpression" ? nameOf(object["property"]) : nameOf(object);
  const name = nameOf(node["property"]) ?? "";
  return owner === "globalThis" ? name : `${owner ?? ""}.${name}`;
}

function count(values: unknown): number {
  return Array.isArray(values) ? values.length : 0;
}
