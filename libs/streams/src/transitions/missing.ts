import type { Holding, SessionCount } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

/** Looks for an entry that never came and buries it when it is nowhere; see `missing.lua`. */
export const missing = defineScript<
  { holding: Holding; seq: number; session?: SessionCount },
  | { status: "here"; entryId: string }
  | { status: "waiting" }
  | { status: "buried" }
  | { status: "settled" }
  | { status: "early" }
  | { status: "stale" }
  | { status: "gone" }
>({
  name: "missing",
  encode: ({ holding, seq, session }) => [
    holding.member,
    holding.conversation,
    holding.grant,
    seq,
    session?.chatId ?? "",
    session?.shown ?? 0,
  ],
  decode: (reply) => {
    const [status] = reply;
    if (status === "here") return { status, entryId: String(reply[1]) };
    if (status === "waiting" || status === "buried" || status === "settled" || status === "early") return { status };
    if (status === "stale" || status === "gone") return { status };
    throw new UnknownStatus("missing", reply);
  },
});
