import type { Holding } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

/** Marks a suspect head as started and counts its deliveries, or takes one back; see `start.lua`. */
export const start = defineScript<
  { holding: Holding; seq: number; isSurvived: boolean },
  { status: "started"; deliveries: number } | { status: "stale" } | { status: "gone" }
>({
  name: "start",
  encode: ({ holding, seq, isSurvived }) => [
    holding.member,
    holding.conversation,
    holding.grant,
    seq,
    isSurvived ? 1 : 0,
  ],
  decode: (reply) => {
    const [status] = reply;
    if (status === "started") return { status, deliveries: Number(reply[1]) };
    if (status === "stale" || status === "gone") return { status };
    throw new UnknownStatus("start", reply);
  },
});
