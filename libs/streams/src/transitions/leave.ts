import type { MemberId } from "@dms/protocol";
import { defineScript, UnknownStatus } from "../script.ts";

/** Ends a member's lease now; see `leave.lua`. */
export const leave = defineScript<
  { member: MemberId; state: "left" | "dead"; cause: string },
  { status: "ended" } | { status: "unknown" }
>({
  name: "leave",
  encode: ({ member, state, cause }) => [member, state, cause],
  decode: (reply) => {
    const [status] = reply;
    if (status === "ended" || status === "unknown") return { status };
    throw new UnknownStatus("leave", reply);
  },
});
