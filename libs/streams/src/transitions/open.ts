import { type ChatHandle, type Parties, splitConversationId } from "@dms/protocol";
import type { Holding } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

/** Compares and sets the chat session's handle; see `open.lua`. */
export const open = defineScript<
  {
    holding: Holding;
    previousChatId: string;
    handle: ChatHandle;
    parties: Parties;
    partsShown: number;
    appName: string;
  },
  { status: "opened" } | { status: "stale" } | { status: "gone" }
>({
  name: "open",
  encode: ({ holding, previousChatId, handle, parties, partsShown, appName }) => [
    holding.member,
    holding.conversation,
    holding.grant,
    previousChatId,
    handle.chatId,
    handle.secureKey,
    handle.userId,
    handle.alias,
    handle.server,
    // Most are called as their conversation is.
    parties.customer === splitConversationId(holding.conversation).hubConversationId ? "" : parties.customer,
    parties.business,
    partsShown,
    appName,
  ],
  decode: (reply) => {
    const [status] = reply;
    if (status === "opened" || status === "stale" || status === "gone") return { status };
    throw new UnknownStatus("open", reply);
  },
});
