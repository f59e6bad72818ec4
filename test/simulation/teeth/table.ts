import { amendments } from "./amendments.ts";
import { mechanisms } from "./mechanisms.ts";
import type { Tooth } from "./tooth.ts";

/** Every rule that can be taken out. */
export const teeth: readonly Tooth[] = [...amendments, ...mechanisms];

/** Throws when there is no such rule. Of several, with commas between, all the changes together. */
export function toothOf(ids: string): Tooth {
  const chosen = ids.split(",").map((id) => {
    const tooth = teeth.find((one) => one.id === id);
    if (tooth === undefined) throw new Error(`no rule ${id}; there are ${teeth.map((one) => one.id).join(", ")}`);
    return tooth;
  });
  const rule = chosen.map((one) => one.rule).join("; ");
  return { id: ids, rule, changes: chosen.flatMap(({ changes }) => changes) };
}
