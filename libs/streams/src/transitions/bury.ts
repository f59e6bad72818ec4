import type { Burial, Holding } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

/** Moves the head to the dead letters; see `bury.lua`. */
export const bury = defineScript<
  { holding: Holding; burial: Burial },
  { status: "buried" } | { status: "early" } | { status: "stale" } | { status: "gone" }
>({
  name: "bury",
  encode: ({ holding, burial }) => [
    holding.member,
    holding.conversation,
    holding.grant,
    burial.seq,
    burial.entryId,
    burial.session.chatId,
    burial.session.shown,
    burial.reason,
    burial.attempts,
    burial.detail,
  ],
  decode: (reply) => {
    const [status] = reply;
    if (status === "buried" || status === "early" || status === "stale" || status === "gone") return { status };
    throw new UnknownStatus("bury", reply);
  },
});
