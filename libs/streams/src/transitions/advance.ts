import type { ChatHandle } from "@dms/protocol";
import type { Holding, RefusedReply } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

/** Stores how many agent messages the hub has accepted; see `advance.lua`. */
export const advance = defineScript<
  { holding: Holding; handle: ChatHandle; answered: number; refused: RefusedReply | null; pending: string },
  { status: "advanced"; answered: number } | { status: "stale" } | { status: "gone" }
>({
  name: "advance",
  encode: ({ holding, handle, answered, refused, pending }) => [
    holding.member,
    holding.conversation,
    holding.grant,
    handle.chatId,
    answered,
    handle.alias,
    handle.server,
    refused?.reason ?? "",
    refused?.payload ?? "",
    pending,
  ],
  decode: (reply) => {
    const [status] = reply;
    if (status === "advanced") return { status, answered: Number(reply[1]) };
    if (status === "stale" || status === "gone") return { status };
    throw new UnknownStatus("advance", reply);
  },
});
