import { amendments } from "./amendments.ts";
import { mechanisms } from "./mechanisms.ts";
import type { Tooth } from "./tooth.ts";

/** Every rule that can be taken out. */
export const teeth: readonly Tooth[] = [...amendments, ...mechanisms];

/** Throws when there is no such rule. */
export function toothOf(id: string): Tooth {
  const tooth = teeth.find((one) => one.id === id);
  if (tooth === undefined) throw new Error(`no rule ${id}; there are ${teeth.map((one) => one.id).join(", ")}`);
  return tooth;
}
