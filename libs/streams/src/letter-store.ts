import type { Letters } from "@dms/rules";
import type { StoreOptions } from "./registry-store.ts";
import { browse } from "./transitions/browse.ts";
import { discard } from "./transitions/discard.ts";
import { redrive } from "./transitions/redrive.ts";

const nonceLength = 8;

/** The dead letters of all partitions over Redis: each method is one script. */
export function makeLetters({ wire, keys, random }: Pick<StoreOptions, "wire" | "keys" | "random">): Letters {
  return {
    browse: (p, after, count) => wire.run(browse, keys.partition(p), { after, count }),
    // Whoever asked is told that it is done: a fail-over is not to take that back.
    redrive: (p, ids) => wire.runDurably(redrive, keys.partition(p), { ids, nonce: random.token(nonceLength) }),
    discard: (p, ids) => wire.run(discard, keys.partition(p), ids),
  };
}
