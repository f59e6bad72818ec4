import type { Redriven } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

const words: readonly unknown[] = ["redriven", "refused", "absent"] satisfies Redriven[];

/** Gives dead letters back to their conversations; see `redrive.lua`. Takes new work in, so it fails first without memory. */
export const redrive = defineScript<{ ids: readonly string[]; nonce: string }, Redriven[]>({
  name: "redrive",
  isGrowing: true,
  encode: ({ ids, nonce }) => [nonce, ...ids],
  decode: (reply) => {
    if (reply[0] !== "done" || !reply.slice(1).every((word) => words.includes(word)))
      throw new UnknownStatus("redrive", reply);
    return reply.slice(1) as Redriven[];
  },
});
