import type { MemberId } from "@dms/protocol";
import type { MemberLoad, Order } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

function decodeOrder(text: string): Order | null {
  if (text === "drain") return { kind: "drain" };
  const shed = /^shed (\d+)$/.exec(text);
  return shed ? { kind: "shed", conversations: Number(shed[1]) } : null;
}

/** Renews a member's lease and reports its load; see `beat.lua`. */
export const beat = defineScript<
  { member: MemberId; leaseMs: number; load: MemberLoad },
  { status: "renewed"; order: Order | null } | { status: "evicted" }
>({
  name: "beat",
  encode: ({ member, leaseMs, load }) => [member, leaseMs, load.state, load.sessions, load.pending],
  decode: (reply) => {
    const [status] = reply;
    if (status === "renewed") return { status, order: decodeOrder(String(reply[1])) };
    if (status === "evicted") return { status };
    throw new UnknownStatus("beat", reply);
  },
});
