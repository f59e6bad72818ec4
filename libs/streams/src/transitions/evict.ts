import type { MemberId } from "@dms/protocol";
import type { Leadership } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

/** Takes a member out of the partition for good; see `evict.lua`. */
export const evict = defineScript<
  { leadership: Leadership; member: MemberId; waitMs: number; cause: string },
  { status: "evicted" } | { status: "barrier"; barrierMs: number } | { status: "unheld" }
>({
  name: "evict",
  encode: ({ leadership, member, waitMs, cause }) => [
    leadership.holder,
    leadership.token,
    member,
    Math.ceil(waitMs),
    cause,
  ],
  decode: (reply) => {
    const [status] = reply;
    if (status === "barrier") return { status, barrierMs: Number(reply[1]) };
    if (status === "evicted" || status === "unheld") return { status };
    throw new UnknownStatus("evict", reply);
  },
});
