import { defineScript, UnknownStatus } from "../script.ts";

/** Deletes dead letters; see `discard.lua`. Answers how many of them were there. */
export const discard = defineScript<readonly string[], number>({
  name: "discard",
  encode: (ids) => [...ids],
  decode: (reply) => {
    if (reply[0] !== "discarded") throw new UnknownStatus("discard", reply);
    return Number(reply[1]);
  },
});
