import type { MemberCard } from "@dms/rules";
import type { Founding } from "../founding.ts";
import { defineScript, UnknownStatus } from "../script.ts";

/** Registers a member and starts its lease; see `join.lua`. */
export const join = defineScript<
  { card: MemberCard; founding: Founding; leaseMs: number; joinedAt: number },
  { status: "joined" } | { status: "evicted" } | ({ status: "differs" } & Founding)
>({
  name: "join",
  encode: ({ card, founding, leaseMs, joinedAt }) => [
    card.member,
    leaseMs,
    card.instance,
    card.role,
    founding.schema,
    founding.partitions,
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
    if (status === "differs") return { status, schema: Number(reply[1]), partitions: Number(reply[2]) };
    throw new UnknownStatus("join", reply);
  },
});
