import type { MemberId } from "@dms/protocol";
import type { Leadership } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

/** Lets a member into the partition's view or changes its state there; see `admit.lua`. */
export const admit = defineScript<
  { leadership: Leadership; member: MemberId; state: "active" | "draining" | "full"; tieFraction: number },
  { status: "admitted" | "evicted" | "unheld" }
>({
  name: "admit",
  encode: ({ leadership, member, state, tieFraction }) => [
    leadership.holder,
    leadership.token,
    member,
    state,
    tieFraction.toFixed(6),
  ],
  decode: (reply) => {
    const [status] = reply;
    if (status === "admitted" || status === "evicted" || status === "unheld") return { status };
    throw new UnknownStatus("admit", reply);
  },
});
