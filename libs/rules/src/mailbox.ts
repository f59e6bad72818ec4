import type { Entry } from "@dms/protocol";

/** What is known of the record that an entry is held against. */
export interface Standing {
  life: string;
  grant: string;
  done: number;
}

/**
 * Where an entry goes. Life and owner are compared first, then the grant, and only then `seq` (A5).
 * - `load`: it speaks of another grant than the one in hand; read the record again before deciding.
 * - `forward`: it is of another life; the store knows whether to delete it or send it on.
 * - `delete`: settled before, or a takeover that has done its work.
 * - `hold`: it waits for its turn in `seq` order.
 */
export type Sorting = "load" | "forward" | "delete" | "hold";

/** `isFresh`: the record was read after this entry, so another grant only means that the entry is older. */
export function sortEntry(entry: Entry, standing: Standing, isFresh: boolean): Sorting {
  if (!isFresh && (entry.life !== standing.life || entry.grant !== standing.grant)) return "load";
  if (entry.life !== standing.life) return "forward";
  if (entry.kind === "takeover" || entry.seq <= standing.done) return "delete";
  return "hold";
}
