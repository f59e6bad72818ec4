import type { MemberId } from "@dms/protocol";
import type { Leadership } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

/** Moves a dead member's conversations, then its entries, or what is left behind of those that moved; see `rehome.lua`. */
export const rehome = defineScript<
  {
    leadership: Leadership;
    member: MemberId;
    count: number;
    nonce: string;
    cause: string;
    forget: boolean;
    sinceEndMs?: number | null;
    room?: number;
    after?: string;
  },
  | { status: "rehomed"; conversations: number; entries: number; conversationsLeft: number; entriesLeft: number }
  | { status: "waiting"; conversationsLeft: number; entriesLeft: number; stragglers: number; readOn: string }
  | { status: "alive" }
  | { status: "unheld" }
>({
  name: "rehome",
  encode: ({ leadership, member, count, nonce, cause, forget, sinceEndMs = null, room = count, after = "-" }) => [
    leadership.holder,
    leadership.token,
    member,
    Math.min(count, room),
    nonce,
    cause,
    forget ? 1 : 0,
    sinceEndMs === null ? "-" : Math.max(0, Math.round(sinceEndMs)),
    count,
    after,
  ],
  decode: (reply) => {
    const [status, ...rest] = reply;
    const [first = 0, second = 0, third = 0, fourth = 0] = rest.map(Number);
    if (status === "rehomed") {
      return { status, conversations: first, entries: second, conversationsLeft: third, entriesLeft: fourth };
    }
    if (status === "waiting") {
      const readOn = rest[3] as string;
      return { status, conversationsLeft: first, entriesLeft: second, stragglers: third, readOn };
    }
    if (status === "alive" || status === "unheld") return { status };
    throw new UnknownStatus("rehome", reply);
  },
});
