import type { MemberId } from "@dms/protocol";
import type { Holding } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

/** Gives a conversation to another placeable member; see `handoff.lua`. */
export const handoff = defineScript<
  { holding: Holding; nonce: string; cause: string },
  { status: "moved"; to: MemberId } | { status: "nowhere" } | { status: "stale" } | { status: "gone" }
>({
  name: "handoff",
  encode: ({ holding, nonce, cause }) => [holding.member, holding.conversation, holding.grant, nonce, cause],
  decode: (reply) => {
    const [status] = reply;
    if (status === "moved") return { status, to: String(reply[1]) as MemberId };
    if (status === "nowhere" || status === "stale" || status === "gone") return { status };
    throw new UnknownStatus("handoff", reply);
  },
});
