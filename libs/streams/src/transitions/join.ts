import type { MemberCard } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

/** Registers a member and starts its lease; see `join.lua`. */
export const join = defineScript<
  { card: MemberCard; leaseMs: number; joinedAt: number },
  { status: "joined" } | { status: "evicted" }
>({
  name: "join",
  encode: ({ card, leaseMs, joinedAt }) => [
    card.member,
    leaseMs,
    card.instance,
    card.role,
    "name",
    card.name,
    "address",
    card.address,
    "version",
    card.version,
    "capacity",
    card.capacity,
    "joined",
    joinedAt,
    ...(card.channels === undefined ? [] : ["channels", JSON.stringify(card.channels)]),
  ],
  decode: (reply) => {
    const [status] = reply;
    if (status === "joined" || status === "evicted") return { status };
    throw new UnknownStatus("join", reply);
  },
});
