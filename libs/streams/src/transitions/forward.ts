import type { MemberId } from "@dms/protocol";
import { defineScript, UnknownStatus } from "../script.ts";

/** Sends entries where their conversations are now; see `forward.lua`. One status per entry, in order. */
export const forward = defineScript<
  { member: MemberId; entryIds: string[] },
  ("forwarded" | "deleted" | "here" | "absent")[]
>({
  name: "forward",
  encode: ({ member, entryIds }) => [member, ...entryIds],
  decode: (reply) => {
    if (reply[0] !== "done") throw new UnknownStatus("forward", reply);
    return reply.slice(1) as ("forwarded" | "deleted" | "here" | "absent")[];
  },
});
