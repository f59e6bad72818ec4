import type { Plan } from "../plan.ts";
import { durableScripts } from "./scripts-durable.ts";
import { leaseScripts } from "./scripts-leases.ts";

/**
 * Histories written by hand, each for the rule of its name: what must meet for the rule to matter, where chance hardly ever
 * brings it together. The checkers pass them, and fail them when the rule is taken out.
 */
export const scripts: Readonly<Record<string, Plan>> = { ...durableScripts, ...leaseScripts };

/** The history that is written for a rule, with its own seed or another one. Throws when there is none. */
export function scriptOf(id: string, seed: number | string | null): Plan {
  const plan = scripts[id];
  if (plan === undefined) throw new Error(`no script ${id}; there are ${Object.keys(scripts).join(", ")}`);
  return seed === null ? plan : { ...plan, seed: String(seed) };
}
