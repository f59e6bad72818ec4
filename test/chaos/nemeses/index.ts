import type { Nemesis, RedisFormName } from "../nemesis.ts";
import { namespaceNemeses } from "./namespaces.ts";
import { networkNemeses } from "./network.ts";
import { processNemeses } from "./processes.ts";
import { redisNemeses } from "./redis.ts";
import { rolloutNemeses } from "./rollout.ts";
import { topologyNemeses } from "./topology.ts";

export const nemeses: readonly Nemesis[] = [
  ...processNemeses,
  ...networkNemeses,
  ...redisNemeses,
  ...topologyNemeses,
  ...rolloutNemeses,
  ...namespaceNemeses,
];

/** The named ones, or all that fit the form of Redis; throws with the names there are when one is unknown. */
export function chooseNemeses(form: RedisFormName, names: readonly string[]): Nemesis[] {
  const unknown = names.filter((name) => !nemeses.some((nemesis) => nemesis.name === name));
  if (unknown.length > 0) {
    throw new Error(`no nemesis ${unknown.join(", ")}; there are ${nemeses.map(({ name }) => name).join(", ")}`);
  }
  const chosen = nemeses.filter(({ name, weight = 1 }) => (names.length === 0 ? weight > 0 : names.includes(name)));
  return chosen.filter(({ forms }) => forms.includes(form));
}

/** As often in the list as its weight says. */
export function weighted(chosen: readonly Nemesis[]): Nemesis[] {
  return chosen.flatMap((nemesis) => Array.from({ length: Math.max(1, nemesis.weight ?? 1) }, () => nemesis));
}
