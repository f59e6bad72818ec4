import type { MemberId } from "@dms/protocol";
import { defineScript, UnknownStatus } from "../script.ts";

/** Takes a member out of placement and tells what it still holds; see `withdraw.lua`. */
export const withdraw = defineScript<{ member: MemberId }, { owned: number; entries: number }>({
  name: "withdraw",
  encode: ({ member }) => [member],
  decode: (reply) => {
    if (reply[0] !== "withdrawn") throw new UnknownStatus("withdraw", reply);
    return { owned: Number(reply[1]), entries: Number(reply[2]) };
  },
});
