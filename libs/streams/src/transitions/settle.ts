import type { MemberId } from "@dms/protocol";
import type { Settlement } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

/** Marks messages of many conversations processed; see `settle.lua`. One status per settlement, in order. */
export const settle = defineScript<{ member: MemberId; settlements: Settlement[] }, ("ok" | "stale" | "gone")[]>({
  name: "settle",
  encode: ({ member, settlements }) => [
    member,
    ...settlements.flatMap((settlement) => [
      settlement.conversation,
      settlement.grant,
      settlement.done,
      settlement.session.chatId,
      settlement.session.shown,
      settlement.entryIds.length,
      ...settlement.entryIds,
    ]),
  ],
  decode: (reply) => {
    if (reply[0] !== "settled") throw new UnknownStatus("settle", reply);
    return reply.slice(1) as ("ok" | "stale" | "gone")[];
  },
});
