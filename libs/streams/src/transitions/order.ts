import type { MemberId } from "@dms/protocol";
import type { Order } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

/** Leaves an order for a member's next beat; see `order.lua`. */
export const order = defineScript<{ member: MemberId; order: Order }, { status: "ordered" } | { status: "unknown" }>({
  name: "order",
  encode: (request) => [
    request.member,
    request.order.kind === "drain" ? "drain" : `shed ${request.order.conversations}`,
  ],
  decode: (reply) => {
    const [status] = reply;
    if (status === "ordered" || status === "unknown") return { status };
    throw new UnknownStatus("order", reply);
  },
});
