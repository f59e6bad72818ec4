import type { Holding } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

/** Ends a conversation's life when nothing is unsettled; see `close.lua`. */
export const close = defineScript<
  { holding: Holding; chatId: string },
  { status: "closed" } | { status: "pending" } | { status: "stale" } | { status: "gone" }
>({
  name: "close",
  encode: ({ holding, chatId }) => [holding.member, holding.conversation, holding.grant, chatId],
  decode: (reply) => {
    const [status] = reply;
    if (status === "closed" || status === "pending" || status === "stale" || status === "gone") return { status };
    throw new UnknownStatus("close", reply);
  },
});
