import { treatmentOf } from "./treatment.ts";
import type { Treatment } from "./treatment.ts";

/** Attributes of a line whose pairs the key filters treat, in whatever spelling. */
const attributes: ReadonlySet<string> = new Set(["parameters", "userdata"]);

/** Whether the pairs below this key are a customer's or an agent's, and not ours. */
export function isAttribute(key: string): boolean {
  return attributes.has(key.toLowerCase().replaceAll(/[_-]/g, ""));
}

/** Rules of `log-filter` and `log-filter-data`. */
export interface KeyRules {
  defaultRule: string;
  /** By key name; letter case does not count. */
  keys: Readonly<Record<string, string>>;
}

/**
 * Finds the treatment of a key in an attribute: its own, else that of the named list it stands in, else the default.
 * A list that is hidden or left out by name goes as a whole, whatever it holds.
 */
export class KeyFilter {
  readonly #default: Treatment;
  readonly #named: ReadonlyMap<string, Treatment>;

  constructor({ defaultRule, keys }: KeyRules) {
    this.#default = treatmentOf(defaultRule);
    this.#named = new Map(Object.entries(keys).map(([key, rule]) => [key.toLowerCase(), treatmentOf(rule)]));
  }

  get fallback(): Treatment {
    return this.#default;
  }

  named(key: string): Treatment | undefined {
    return this.#named.get(key.toLowerCase());
  }
}
